#pragma once
// Runs a maintainer script on the assembled tree in an offline sandbox, and takes the difference.
#include "build/inner/recorded.h"
#include "host/machine.h"

namespace ashlar::build {

struct RehearsalRequest {
  const ScriptState& state;         ///< before the script; not changed
  const ScriptOrigin& origin;
  const deb::ControlFiles& control;  ///< of the package: the script finds what it shipped beside itself
  std::vector<std::string> arguments;
  host::Path folder;                ///< to work in: made, locked against others, and emptied at the end
};

/// What the script does, without owners and times that a sandbox cannot have: commands that change accounts, owners, alternatives or dpkg's lists are
/// noted instead of run. Unavailable without bubblewrap and tar; Invalid when the script fails, its interpreter is not in the image, or it makes what no
/// layer of ours has (devices, sockets, accounts without a command).
Result<RecordedScript> rehearse(const RehearsalRequest& request, host::Machine& machine);

}  // namespace ashlar::build
