#pragma once
// The options of `lock` that `build` takes as well.
#include "pipeline/lock.h"

namespace CLI {
class App;
}

namespace ashlar::cli {

/// Adds `--mirror`, `--only-distribution`, `--accept-key`, `--offline` and `--codec`.
void add_lock_options(CLI::App& app, pipeline::LockOptions& options);

}  // namespace ashlar::cli
