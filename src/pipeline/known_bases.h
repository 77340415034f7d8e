#pragma once
// Where bases are known from: the selection, a reference that somebody names, and what the ledger says was published.
#include <string>
#include <vector>

#include "host/machine.h"
#include "ledger/ledger.h"
#include "oci/ref.h"
#include "pipeline/base_search.h"
#include "policy/selection.h"

namespace ashlar::pipeline {

/// Every platform of every selected base, also of those that are selected no longer or not yet; KnownBase::entry counts the selection's bases.
std::vector<KnownBase> known_bases(const policy::Selection& selection, Time now);
/// Every platform of the image that a reference means.
Result<std::vector<KnownBase>> known_bases(host::Machine& machine, const std::string& ref);

/// Every revision that the ledger says was promoted or rolled back to, the newest first, without platform and layers: nothing is opened.
Result<std::vector<KnownBase>> published_revisions(ledger::Ledger& ledger);
/// The platforms of the newest of them, as they lie in their layouts and registries or in the cache. What could not be looked at is told in `unread`, a line each.
std::vector<KnownBase> with_layers(host::Machine& machine, std::span<const KnownBase> revisions, std::vector<std::string>& unread);
/// The reference of a base by its digest, in its repository or layout.
oci::ImageRef open_by_digest(const KnownBase& base);

}  // namespace ashlar::pipeline
