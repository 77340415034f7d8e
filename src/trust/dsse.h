#pragma once
// Dead Simple Signing Envelopes: a payload, its type, and signatures over both (DSSE v1, protocol.md and envelope.md).
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "trust/key.h"

namespace ashlar::trust {

namespace media {
inline constexpr std::string_view in_toto = "application/vnd.in-toto+json";           ///< payload type of a statement
inline constexpr std::string_view envelope = "application/vnd.dsse.envelope.v1+json";  ///< of an attestation under cosign's tag
}  // namespace media

struct EnvelopeSignature {
  std::string key_id;  ///< a hint, unauthenticated; may be empty
  std::string bytes;
  friend bool operator==(const EnvelopeSignature&, const EnvelopeSignature&) = default;
};
struct Envelope {
  std::string payload_type, payload;  ///< the payload decoded
  std::vector<EnvelopeSignature> signatures;
};

/// What is signed (protocol.md, "Signature Definition": PAE).
std::string pre_authentication(std::string_view payload_type, std::string_view payload);
/// Reads an envelope's JSON form; base64 may be standard or URL-safe. Corrupt when a part lacks, nothing signs it, or more than 64 signatures do.
Result<Envelope> read_envelope(const Json& json);
Json to_json(const Envelope& envelope);
/// Its compact JSON; payloads are large, and this does not look for what to escape in their base64.
std::string to_text(const Envelope& envelope);
/// The same JSON as `to_compact()` gives of a value that holds this envelope with its payload left out, and the payload put in.
std::string with_payload(std::string compact, const Envelope& envelope);

Result<Envelope> sign_envelope(std::string_view payload_type, std::string payload, const PrivateKey& key);
/// Denied when no signature is this key's.
Done verify_envelope(const Envelope& envelope, const PublicKey& key);

}  // namespace ashlar::trust
