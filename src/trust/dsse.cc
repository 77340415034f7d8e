#include "trust/dsse.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/bytes.h"
#include "trust/inner/protobuf_json.h"

namespace ashlar::trust {
namespace {

constexpr size_t max_signatures = 64;

Result<std::string> decoded(const Json& json, const char* member) {
  TRY_ASSIGN(const std::string text, get_string(json, member));
  auto out = from_any_base64(text);  // both alphabets, as readers must take (envelope.md, "Standard JSON envelope")
  return out ? std::move(out) : cannot(fmt::format("read '{}'", member), std::move(out).error());
}

}  // namespace

std::string pre_authentication(std::string_view payload_type, std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", payload_type.size(), payload_type, payload.size(), payload);
}

Result<Envelope> read_envelope(const Json& json) {
  if (!json.is_object()) return cannot(Kind::Corrupt, "read envelope", "it is no JSON object");
  Envelope out;
  TRY_ASSIGN(out.payload_type, get_string(json, "payloadType"));
  TRY_ASSIGN(out.payload, decoded(json, "payload"));
  const auto signatures = json.find("signatures");
  if (signatures == json.end() || !signatures->is_array() || signatures->empty()) return cannot(Kind::Corrupt, "read envelope", "nothing signs it");
  if (signatures->size() > max_signatures) return cannot(Kind::Corrupt, "read envelope", fmt::format("it has {} signatures, more than {}", signatures->size(), max_signatures));
  for (const Json& each : *signatures) {
    if (!each.is_object()) return cannot(Kind::Corrupt, "read envelope", "a signature is no object");
    EnvelopeSignature signature;
    TRY_ASSIGN(signature.key_id, get_string_or_empty(each, "keyid"));
    TRY_ASSIGN(signature.bytes, decoded(each, "sig"));
    out.signatures.push_back(std::move(signature));
  }
  return out;
}

Json to_json(const Envelope& envelope) {
  Json signatures = Json::array();
  for (const EnvelopeSignature& each : envelope.signatures) {
    Json one = Json::object();
    if (!each.key_id.empty()) one["keyid"] = each.key_id;
    one["sig"] = to_base64(as_bytes(each.bytes));
    signatures.push_back(std::move(one));
  }
  return {{"payloadType", envelope.payload_type}, {"payload", to_base64(as_bytes(envelope.payload))}, {"signatures", std::move(signatures)}};
}

std::string with_payload(std::string compact, const Envelope& envelope) {
  constexpr std::string_view empty = R"("payload":"")";
  const size_t at = compact.find(empty);
  if (at != std::string::npos) compact.insert(at + empty.size() - 1, to_base64(as_bytes(envelope.payload)));
  return compact;
}

std::string to_text(const Envelope& envelope) { return with_payload(to_compact(to_json(Envelope{envelope.payload_type, {}, envelope.signatures})), envelope); }

Result<Envelope> sign_envelope(std::string_view payload_type, std::string payload, const PrivateKey& key) {
  TRY_ASSIGN(std::string signature, key.sign(pre_authentication(payload_type, payload)));
  return Envelope{std::string(payload_type), std::move(payload), {{{}, std::move(signature)}}};
}

Done verify_envelope(const Envelope& envelope, const PublicKey& key) {
  const std::string message = pre_authentication(envelope.payload_type, envelope.payload);
  const bool good = std::ranges::any_of(envelope.signatures, [&](const EnvelopeSignature& each) { return key.verify(message, each.bytes).has_value(); });
  return good ? Done() : fail(Kind::Denied, "no signature of the envelope is this key's");
}

}  // namespace ashlar::trust
