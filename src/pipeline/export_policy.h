#pragma once
// A policy file, with all that it names, as manifests for the engines of clusters.
#include <optional>
#include <string>

#include "pipeline/believed.h"
#include "pipeline/workshop.h"
#include "policy/export.h"

namespace ashlar::pipeline {

struct ExportRequest {
  host::Path policy{"policy.yaml"};
  policy::ExportWish wish{};
  std::optional<Time> now{};   ///< none: the machine's clock
  TrustSettings trust{};       ///< whom to believe where the policy names nobody; nobody: whom the configuration believes
};

/// Reads the policy, its keys, its trust roots and what short names and vendors are, beside the policy as it has them. A key that it names and that is not there is an error where the
/// engine asks for signatures; so is a selection that nobody signed whom the policy or the configuration believes. Where there is no selection, what asks for one is denied, and that is listed.
Result<policy::Export> export_policy(Workshop& workshop, const ExportRequest& request);

}  // namespace ashlar::pipeline
