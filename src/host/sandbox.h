#pragma once
// Programs that are not trusted, run in a root file system of their own (bubblewrap).
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "host/process.h"

namespace ashlar::host {

/// A folder of the machine and the place where the sandbox sees it.
struct Bind {
  Path from;
  std::string to;         ///< absolute, without `..`; made where the root lacks it
  bool writable = false;
};

/// What a program inside sees: `root` as /, its own /proc and /dev, an empty /tmp, itself as user and group `uid`:`gid`, no other process, no
/// network, no capability over the machine, and exactly `environment`. It ends when the caller does. Works for root and for ordinary users, where
/// the kernel lets these make user namespaces. Inside there is one user and one group: giving a file to another fails with EINVAL.
struct Sandbox {
  Path root;                   ///< a root file system; what is written there belongs to the caller's user
  bool writable_root = false;  ///< else it must hold the folders /proc, /dev, /tmp and the places of the binds
  std::vector<Bind> binds;     ///< in this order, over the root
  std::map<std::string, std::string> environment;
  std::vector<std::string> argv;  ///< argv[0]: a path inside, or a name for the PATH of `environment`
  std::string folder = "/";    ///< to start in
  std::string input;
  bool network = false;        ///< the machine's network; else none, not even a loopback to the machine
  unsigned uid = 0, gid = 0;
  std::chrono::seconds timeout{600};
};

/// The command that runs it. Invalid when `argv` is empty, the root is no absolute path, or a place to bind is none.
Result<Command> to_command(const Sandbox& sandbox);

}  // namespace ashlar::host
