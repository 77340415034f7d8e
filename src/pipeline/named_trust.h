#pragma once
// Whom a command line names, and what the project's keyring says of them.
#include <vector>

#include "pipeline/believed.h"

namespace ashlar::pipeline {

/// Whom `named` believes; where it names nobody, whom the configuration believes. A key that is named has the terms that the configuration's ring gives it: one that was withdrawn is not believed again by
/// being named.
Result<Believed> believe_named(Workshop& workshop, const TrustSettings& named);

/// Gives keys that have no terms those of a ring.
void keep_terms(const trust::Keyring& ring, std::vector<BelievedKey>& keys);

}  // namespace ashlar::pipeline
