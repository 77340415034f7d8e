#pragma once
// policy.yaml (docs/formats/policy.md): what a team lays down, one section a question.
#include <optional>
#include <string>

#include "policy/gate.h"
#include "policy/sla.h"
#include "policy/verify.h"
#include "scan/backing.h"

namespace ashlar::policy {

struct Policy {
  std::string path;               ///< empty: the default
  GateRules gate = default_gate();
  std::optional<VerifyRules> verify{};  ///< none: the policy does not say whom it admits
  std::optional<SlaRules> sla{};        ///< none: the policy does not say by when what is to be fixed
  scan::DecisionRules decisions{};      ///< what is asked of statements and decisions; by default nothing
};

/// Reads a policy; what it does not say is as in the default. Every fault is in Error::faults.
Result<Policy> read_policy(std::string text, std::string path);

}  // namespace ashlar::policy
