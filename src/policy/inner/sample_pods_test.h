#pragma once
// Objects that hold pods, for tests of what is exported: each with what the policy says of it.
#include <string>
#include <vector>

#include "policy/export.h"

namespace ashlar::policy {

struct PodCase {
  std::string summary;
  std::string environment;  ///< label of its namespace; empty: it has none
  Json object;
  bool allowed;
};

/// A policy with three environments that uses every line of `bases`, and `verify`.
std::string sample_policy_text();
ExportInputs sample_inputs();
/// All rules on pods are asked in addition.
ExportWish sample_wish(Engine engine);
std::vector<PodCase> sample_pods();

/// What the policy says of an object's references and its pod's security by its own rules, without the exported manifests: why not, a line each; none: it is
/// admitted, as far as a manifest can tell.
std::vector<std::string> own_answer(const Policy& policy, const std::string& environment, const Json& object, const ExportInputs& inputs, const std::vector<PodAsk>& asked);

}  // namespace ashlar::policy
