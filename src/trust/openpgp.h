#pragma once
// OpenPGP signatures of others, checked against keyrings that we were given (RFC 9580; RFC 4880 section 7 for cleartext signatures).
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::trust {

struct Verified {
  std::string content;      ///< the signed text, without the armour and with dashes unescaped
  std::string fingerprint;  ///< of the primary key of a good signature, upper-case hex
  Time signed_at;
};

/// Checks a cleartext-signed document (an InRelease file). One good signature by a key of `keyrings` (binary or armoured certificates, their bytes)
/// that was valid at `now` suffices; Denied says why none was: unknown key (named), expired, revoked, bad signature.
Result<Verified> verify_cleartext(std::string_view document, const std::vector<std::string>& keyrings, Time now);
/// The same for a detached signature.
Result<Verified> verify_detached(std::string_view content, std::string_view signature, const std::vector<std::string>& keyrings, Time now);
/// Fingerprints of the primary keys in a keyring.
Result<std::vector<std::string>> fingerprints(std::string_view keyring);

}  // namespace ashlar::trust
