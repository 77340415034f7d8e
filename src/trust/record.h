#pragma once
// Signatures beside a record of a JSON file that stays readable: those of a DSSE envelope whose payload is the record itself, in one form.
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trust/dsse.h"

namespace ashlar::trust {

/// The bytes of a record that are signed: its JSON with keys in the order of their bytes, no white space, UTF-8, nothing escaped but `"`, `\` and control characters.
std::string canonical(const Json& record);

/// `key_id` of what is returned is the digest of the public key.
Result<EnvelopeSignature> sign_record(std::string_view payload_type, const Json& record, const PrivateKey& key);
/// Denied when it is not this key's signature over this record.
Done verify_record(std::string_view payload_type, const Json& record, const EnvelopeSignature& signature, const PublicKey& key);

/// `[{"keyid": "sha256:...", "sig": "..."}]`, as an envelope has them.
Json signatures_json(std::span<const EnvelopeSignature> signatures);
/// Reads them; a value that is null has none. Corrupt as in read_envelope().
Result<std::vector<EnvelopeSignature>> read_signatures(const Json& list);

}  // namespace ashlar::trust
