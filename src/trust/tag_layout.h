#pragma once
// What cosign's tags keep of a signature in annotations, as the bundle that says the same (cosign, specs/SIGNATURE_SPEC.md, "Properties").
#include <map>
#include <string>
#include <variant>

#include "trust/bundle.h"

namespace ashlar::trust {

/// A signature with a certificate: `dev.sigstore.cosign/certificate`, the log's entry in `.../bundle` and a timestamp in `.../rfc3161timestamp`, where they are
/// there. The chain is passed over: it is the trust root's to say who may issue. Corrupt when one of them does not read.
Result<Bundle> bundle_of_tag(const std::map<std::string, std::string>& annotations, std::variant<Envelope, MessageSignature> content);

}  // namespace ashlar::trust
