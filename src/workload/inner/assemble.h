#pragma once
// The last stage, written anew: where nothing has to be run, as it stands; else as one stage that builds and one that runs.
#include "workload/inner/migration.h"

namespace ashlar::workload {

/// What the runtime stage copies of the build stage.
struct Output {
  std::string path;
  bool owned = false;  ///< the image's user may write to it
};

struct Assembly {
  const HardenedBase* base = nullptr;
  const HardenedBase* dev = nullptr;    ///< whose -dev image the build stage stands on
  std::string tag;                      ///< of the runtime image
  std::string program;                  ///< that is started; empty: the image's own
  size_t program_at = 0;                ///< the instruction that starts it
  PackageNeeds packages;
  bool probe = false;
  std::vector<size_t> numbers;          ///< instructions of the last stage and of those that it stands on, in order, without FROM
  std::vector<Output> extra;            ///< outputs that languages have
};

/// Whether anything is left that needs a shell.
bool needs_build_stage(const Migration& work, const Assembly& assembly);
/// Edits or text of the last stage; the text of a file from its last FROM on.
std::string write_last_stage(Migration& work, const Assembly& assembly);

}  // namespace ashlar::workload
