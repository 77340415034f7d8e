#pragma once
// The policy that a verb means where none is named.
#include <string>

#include "host/machine.h"

namespace ashlar::cli {

/// The policy that is named, else the project's own in this folder; empty: there is none.
inline host::Path policy_here(const host::Machine& machine, const std::string& named) {
  if (!named.empty()) return named;
  return machine.files->exists("policy.yaml") ? "policy.yaml" : "";
}

}  // namespace ashlar::cli
