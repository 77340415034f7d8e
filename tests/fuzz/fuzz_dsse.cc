// Envelopes, cosign's documents, and signatures beside a record: what reads is written the same again, and nothing that a stranger's text holds is taken for signed.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz.h"
#include "stranger.h"
#include "trust/dsse.h"
#include "trust/record.h"
#include "trust/simple_signing.h"

namespace {

using namespace ashlar;

void check_envelope(const Json& json, const trust::PublicKey& key) {
  const auto envelope = trust::read_envelope(json);
  if (!envelope) {
    fuzz::must(envelope.error().kind == Kind::Corrupt || envelope.error().kind == Kind::Invalid, "what is no envelope is refused as such");
    return;
  }
  fuzz::must(!envelope->signatures.empty() && envelope->signatures.size() <= 64, "something signs it, and not without end");
  const std::string written = trust::to_text(*envelope);
  fuzz::must(written == to_compact(trust::to_json(*envelope)), "both ways of writing it are one");
  const auto text = parse_json(written, "written");
  fuzz::must(text.has_value(), "what is written is JSON");
  const auto again = trust::read_envelope(*text);
  fuzz::must(again && again->payload_type == envelope->payload_type && again->payload == envelope->payload && again->signatures == envelope->signatures, "what is written reads as the same");
  fuzz::must(!trust::verify_envelope(*envelope, key), "this key has signed nothing");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto key = trust::PublicKey::parse(stranger);
  fuzz::must(key.has_value(), "the stranger's key reads");
  const std::string_view input = fuzz::text(data, size);
  if (const auto document = trust::read_simple_signing(input)) {
    const auto again = trust::read_simple_signing(trust::to_text(*document));
    fuzz::must(again && again->digest == document->digest && again->reference == document->reference, "a document reads as it is written");
  }
  const auto json = parse_json(input, "input");
  if (!json) return 0;
  if (json->is_object()) check_envelope(*json, *key);
  if (const auto signatures = trust::read_signatures(*json); signatures && !signatures->empty()) {
    for (const auto& each : *signatures) fuzz::must(!trust::verify_record("application/x", *json, each, *key), "this key has signed no record");
    const auto again = trust::read_signatures(trust::signatures_json(*signatures));
    fuzz::must(again && *again == *signatures, "signatures read as they are written");
  }
  return 0;
}
