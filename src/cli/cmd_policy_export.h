#pragma once
// `ashlar policy export`: manifests for the engines of clusters.
#include "cli/policy_verbs.h"

namespace ashlar::cli {

Action declare_export(CLI::App& app);

}  // namespace ashlar::cli
