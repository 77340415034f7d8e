#pragma once
// Programs as root of a user namespace: how an ordinary user handles files of the users that a range of further numbers stands for (subuid(5)).
#include <cstdint>
#include <vector>

#include "host/process.h"

namespace ashlar::host {

/// Numbers of users inside, and the machine's that stand for them: rows of /proc/<pid>/uid_map.
struct IdRange { std::uint32_t inside = 0, outside = 0, count = 0; };
struct IdMaps {
  std::vector<IdRange> users, groups;  ///< none: they are the machine's own
  bool empty() const { return users.empty(); }
};

/// Runs the program as Processes::run of this machine does, as user and group 0 of a user namespace of its own with these maps, in which 0 stands for ourselves;
/// newuidmap(1) and newgidmap(1) write them. However we end, and at whatever moment, kill -9 among them, nothing of it goes on: not the program, and nobody who waits to become it.
Result<Outcome> run_as_root_inside(const IdMaps& maps, const Command& command);

}  // namespace ashlar::host
