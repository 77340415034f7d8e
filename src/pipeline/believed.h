#pragma once
// Whom we believe, from the words of a command line and of the configuration.
#include <string>
#include <vector>

#include "host/machine.h"
#include "pipeline/signatures.h"

namespace ashlar::pipeline {

/// Somebody whose certificates count; each part a text or a regular expression that matches the whole of it.
struct IdentityWords {
  std::string name{}, name_expression{}, issuer{}, issuer_expression{};
};

/// The configuration's section `trust` with its ring of keys, and the options of `verify`.
struct TrustSettings {
  std::vector<std::string> keys{};          ///< paths, or URIs of keys in tokens
  host::Path keyring{}, root{};             ///< of keys with their terms; Sigstore's trusted_root.json; empty: none
  std::vector<IdentityWords> identities{};
  host::Path terms{};                       ///< the project's ring: keys that are named have the terms that it gives them, and nobody else in it is believed by this; empty: none
  bool statements_by_manifest = false;      ///< as Believed has it
  bool empty() const { return keys.empty() && keyring.empty() && root.empty() && identities.empty(); }
};

struct Workshop;
/// Whom the configuration believes: its section `trust`, and the ring of its section `keys` where there is such a file.
TrustSettings trust_of(const Workshop& workshop);
/// Whom a command line names; where it names nobody, whom the configuration believes. Every verb reads its options so: a key that the configuration's ring withdraws is not believed again by being named.
TrustSettings trust_by(const Workshop& workshop, const TrustSettings& named);

/// Reads all of it. Invalid for an identity without a name or an issuer.
Result<Believed> believe(host::Machine& machine, const TrustSettings& settings);
/// Gives keys that have no terms those of a ring.
void keep_terms(const trust::Keyring& ring, std::vector<BelievedKey>& keys);

}  // namespace ashlar::pipeline
