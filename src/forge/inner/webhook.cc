// Webhooks: CloudEvents 1.0 in structured mode, signed as Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`, so that neither can be exchanged.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/digest.h"
#include "forge/inner/forge.h"
#include "forge/inner/webhook.h"

namespace ashlar::forge {

Result<std::string> webhook_signature(std::string_view secret, std::string_view id, Time time, std::string_view body) {
  constexpr std::string_view prefix = "whsec_";
  Bytes key(as_bytes(secret).begin(), as_bytes(secret).end());
  if (secret.starts_with(prefix)) {
    auto decoded = from_base64(secret.substr(prefix.size()));
    if (!decoded) return cannot(Kind::Denied, "sign an event", "what comes after 'whsec_' in the secret is no base64");
    key = std::move(*decoded);
  }
  const std::string text = fmt::format("{}.{}.{}", id, time.seconds, body);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> raw{};
  unsigned int size = 0;
  const bool made = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), as_bytes(text).data(), text.size(), raw.data(), &size) != nullptr;
  OPENSSL_cleanse(key.data(), key.size());
  if (!made) return cannot(Kind::Unavailable, "sign an event", "the library of hashes has no HMAC-SHA256");
  return "v1," + to_base64(BytesView(raw).first(size));
}

std::string event_id(const Message& message) { return "msg_" + Digest::of(fmt::format("{} {} {}", message.key, fingerprint(message), message.time.str())).hex().substr(0, 32); }

Json cloud_event(const Message& message) {
  Json out = {{"specversion", "1.0"},
              {"id", event_id(message)},
              {"source", message.source.empty() ? std::string("ashlar") : message.source},
              {"type", message.type.empty() ? fmt::format("dev.ashlar.{}", to_string(message.kind)) : message.type},
              {"subject", message.subject.empty() ? message.key : message.subject},
              {"time", message.time.str()},
              {"datacontenttype", "application/json"}};
  auto data = message.data.empty() ? Result<Json>(to_json(message)) : parse_json(message.data, "data");
  if (data && message.data.empty()) {
    data->erase("target");
    for (Json& each : data->contains("changes") ? (*data)["changes"] : *data) {
      if (each.is_object()) each.erase("before"), each.erase("after");  // an event names files and carries none
    }
  }
  out["data"] = data ? *data : Json(nullptr);
  return out;
}

Done deliver_event(Api& api, const Message& message) {
  const std::string body = to_compact(cloud_event(message)), id = event_id(message);
  const Time now = api.now();
  TRY_ASSIGN(const std::string signature, webhook_signature(api.target().secret.text(), id, now, body));
  TRY(api.send("POST", "", body, {{"content-type", "application/cloudevents+json; charset=utf-8"}, {"webhook-id", id}, {"webhook-timestamp", std::to_string(now.seconds)}, {"webhook-signature", signature}}));
  return {};
}

}  // namespace ashlar::forge
