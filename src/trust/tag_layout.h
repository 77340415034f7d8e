#pragma once
// What cosign's tags keep of a signature in annotations, as the bundle that says the same (cosign, specs/SIGNATURE_SPEC.md, "Properties").
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "trust/keyless.h"

namespace ashlar::trust {

/// A signature with the certificate in `dev.sigstore.cosign/certificate`, or by a key where there is none; the log's entry in `.../bundle` and a timestamp in
/// `.../rfc3161timestamp`, where they are there. The chain is passed over: it is the trust root's to say who may issue. Corrupt when one of them does not read.
Result<Bundle> bundle_of_tag(const std::map<std::string, std::string>& annotations, std::variant<Envelope, MessageSignature> content);

/// As verify_keyless() and verify_keyed() do, with timestamps over `stamped`: cosign has that of a statement under its tag made over the envelope's whole text, as it
/// lies there. Empty: over the signature, as in bundles.
Verification verify_tagged(const Bundle& bundle, const Artifact& artifact, const TrustRoot& root, const IdentityPolicy& policy, std::string_view stamped);
Result<Verification> verify_tagged(const Bundle& bundle, const Artifact& artifact, const TrustRoot& root, std::string_view key_pem, std::string_view stamped);

}  // namespace ashlar::trust
