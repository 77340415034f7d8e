#pragma once
// policy.yaml (docs/formats/policy.md): what a team lays down, one section a question.
#include <string>

#include "policy/gate.h"

namespace ashlar::policy {

struct Policy {
  std::string path;               ///< empty: the default
  GateRules gate = default_gate();
};

/// Reads a policy; what it does not say is as in the default. Every fault is in Error::faults.
Result<Policy> read_policy(std::string text, std::string path);

}  // namespace ashlar::policy
