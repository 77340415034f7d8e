#pragma once
// policy.yaml (docs/formats/policy.md): what a team lays down, one section a question.
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"
#include "policy/bases.h"
#include "policy/gate.h"
#include "policy/limits.h"
#include "policy/sla.h"
#include "policy/verify.h"
#include "scan/backing.h"

namespace ashlar::policy {

/// What a finished image is held to: the sections `bases`, `findings`, `content` and `proofs`. One that the policy does not have is not asked.
struct FinishedRules {
  std::optional<BaseRules> bases{};
  std::optional<FindingRules> findings{};
  std::optional<ContentRules> content{};
  std::optional<std::vector<ProofRule>> proofs{};
  bool verify = true;   ///< the section `verify`, where the policy has one, is asked of the image
  bool exposed = true;  ///< others than its own team reach what runs there
};

struct Policy {
  std::string path;               ///< empty: the default
  GateRules gate = default_gate();
  std::optional<VerifyRules> verify{};  ///< none: the policy does not say whom it admits
  std::optional<SlaRules> sla{};        ///< none: the policy does not say by when what is to be fixed
  scan::DecisionRules decisions{};      ///< what is asked of statements and decisions; by default nothing
  FinishedRules finished{};             ///< where no environment is named
  std::map<std::string, FinishedRules, std::less<>> environments{};  ///< each whole: what it does not say is as in `finished`
};

/// What holds in an environment; empty: outside of them. Null: the policy has no environment of this name.
const FinishedRules* rules_in(const Policy& policy, std::string_view environment);

/// Reads a policy; what it does not say is as in the default. Every fault is in Error::faults.
Result<Policy> read_policy(std::string text, std::string path);
/// The same of a part of a document, a case's own; what is wrong is added to `faults`.
Policy read_policy(const YamlDocument& document, const YamlNode& node, std::vector<Fault>& faults);

}  // namespace ashlar::policy
