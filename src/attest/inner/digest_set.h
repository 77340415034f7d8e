#pragma once
// Digests by algorithm, as statements and predicates have them (in-toto attestation framework, spec/v1/digest_set.md).
#include <string>

#include "base/json.h"

namespace ashlar::attest {

/// Why the value is no set of digests: `'sha256' has 3 digits, not 64`. Empty where it is one. Of algorithms that the specification does not know, any
/// text will do.
std::string fault_of_digests(const Json& set);

}  // namespace ashlar::attest
