#pragma once
// What a build stage makes that the stage that runs takes from it.
#include <string>
#include <string_view>
#include <vector>

#include "workload/inner/assemble.h"

namespace ashlar::workload {

struct Outputs {
  std::vector<Output> outputs;         ///< none below another, but where its owner is another
  std::vector<std::string> volumes;    ///< folders of VOLUME
  bool open = false;                   ///< something is made of which nobody knows where, for a person to copy
  size_t last_run = 0;                 ///< the last RUN that stays; 0: none does
};

/// Says as breaks what cannot be known. `name`: what the build stage is called.
Outputs find_outputs(Migration& work, const Assembly& assembly, std::string_view name);

/// A name for a build stage that no stage of the file has.
std::string free_stage_name(const Dockerfile& file);

}  // namespace ashlar::workload
