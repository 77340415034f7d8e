#pragma once
// What this machine has of what ashlar can use.
#include <string>
#include <vector>

#include "base/progress.h"
#include "host/machine.h"

namespace ashlar::pipeline {

struct Finding {
  std::string check;    ///< what was looked for
  bool ok = false;
  bool required = false;  ///< without it, `ashlar build` does not work
  std::string detail;   ///< where it is, or what lacks without it
  std::string package;  ///< the Debian package that mends it
};

/// Looks at programs, keyrings, mirrors and folders; changes nothing.
std::vector<Finding> examine_machine(host::Machine& machine, const std::string& config_file, Progress& progress);

}  // namespace ashlar::pipeline
