#include "trust/record.h"

#include <nlohmann/json.hpp>

namespace ashlar::trust {

std::string canonical(const Json& record) {
  // The unordered kind of this library keeps keys in the order of their bytes.
  return nlohmann::json(record).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<EnvelopeSignature> sign_record(std::string_view payload_type, const Json& record, const PrivateKey& key) {
  TRY_ASSIGN(auto envelope, sign_envelope(payload_type, canonical(record), key));
  EnvelopeSignature out = std::move(envelope.signatures.front());
  out.key_id = key.public_key().digest().str();
  return out;
}

Done verify_record(std::string_view payload_type, const Json& record, const EnvelopeSignature& signature, const PublicKey& key) {
  return verify_envelope({std::string(payload_type), canonical(record), {signature}}, key);
}

Json signatures_json(std::span<const EnvelopeSignature> signatures) { return to_json(Envelope{{}, {}, {signatures.begin(), signatures.end()}})["signatures"]; }

Result<std::vector<EnvelopeSignature>> read_signatures(const Json& list) {
  if (list.is_null()) return std::vector<EnvelopeSignature>();
  TRY_ASSIGN(auto envelope, read_envelope({{"payloadType", ""}, {"payload", ""}, {"signatures", list}}));
  return std::move(envelope.signatures);
}

}  // namespace ashlar::trust
