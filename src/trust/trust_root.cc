#include "trust/trust_root.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "trust/certificate.h"
#include "trust/inner/protobuf_json.h"
#include "trust/inner/verifying_key.h"

namespace ashlar::trust {
namespace {

constexpr size_t max_root = size_t{16} << 20;
constexpr size_t max_instances = 1000, max_chain = 16;
constexpr size_t max_piece = size_t{64} << 10;

constexpr std::array<std::string_view, 2> media_types = {"application/vnd.dev.sigstore.trustedroot+json;version=0.1", "application/vnd.dev.sigstore.trustedroot.v0.2+json"};

Result<Period> read_period(const Message& message) {
  Period out;
  TRY_ASSIGN(const auto range, message.message("validFor"));
  if (!range) return out;
  TRY_ASSIGN(out.start, range->time("start"));
  TRY_ASSIGN(out.end, range->time("end"));
  if (out.start && out.end && *out.end < *out.start) return range->wrong("end", "it is before the start");
  return out;
}

/// protobuf-specs' PublicKeyDetails by name: RSA keys of the first CT logs are PKCS #1, all others PKIX.
Result<std::string> read_key(const Message& message) {
  TRY_ASSIGN(const std::string details, message.choice("keyDetails"));
  TRY_ASSIGN(const std::string der, message.bytes("rawBytes", max_piece));
  if (der.empty()) return message.wrong("rawBytes", "it is missing");
  const auto key = details.starts_with("PKCS1_RSA") || details == "1" ? VerifyingKey::from_rsa_der(der) : VerifyingKey::from_der(der);
  if (!key) return message.wrong("rawBytes", key.error().message);
  return key->der();
}

Result<TransparencyLog> read_log(const Message& message) {
  TransparencyLog out;
  TRY_ASSIGN(out.base_url, message.text("baseUrl", 2000));
  TRY_ASSIGN(const std::string hash, message.choice("hashAlgorithm"));
  if (hash != "SHA2_256" && hash != "1") return message.wrong("hashAlgorithm", "only SHA2_256 is known");
  TRY_ASSIGN(const Message id, message.required("logId"));
  TRY_ASSIGN(out.id, id.bytes("keyId", max_piece));
  if (out.id.empty()) return id.wrong("keyId", "it is missing");
  TRY_ASSIGN(const Message key, message.required("publicKey"));
  TRY_ASSIGN(out.key, read_key(key));
  TRY_ASSIGN(out.valid_for, read_period(key));
  if (!out.valid_for.start) return key.wrong("validFor.start", "it is missing");
  return out;
}

Result<Authority> read_authority(const Message& message) {
  Authority out;
  TRY_ASSIGN(out.uri, message.text("uri", 2000));
  TRY_ASSIGN(out.valid_for, read_period(message));
  TRY_ASSIGN(const Message chain, message.required("certChain"));
  TRY_ASSIGN(const auto certificates, chain.messages("certificates", max_chain));
  if (certificates.empty()) return chain.wrong("certificates", "there is none");
  for (const Message& each : certificates) {
    TRY_ASSIGN(std::string der, each.bytes("rawBytes", max_piece));
    if (const auto certificate = Certificate::parse(der); !certificate) return each.wrong("rawBytes", certificate.error().message);
    out.certificates.push_back(std::move(der));
  }
  return out;
}

template <class T>
Result<std::vector<T>> read_all(const Message& message, std::string_view name, Result<T> (*read)(const Message&)) {
  std::vector<T> out;
  TRY_ASSIGN(const auto messages, message.messages(name, max_instances));
  for (const Message& each : messages) {
    TRY_ASSIGN(T value, read(each));
    out.push_back(std::move(value));
  }
  return out;
}

Result<TrustRoot> read(const Json& json) {
  TRY_ASSIGN(const Message message, Message::of(json));
  TRY_ASSIGN(const std::string media_type, message.text("mediaType", 200));
  if (std::find(media_types.begin(), media_types.end(), media_type) == media_types.end()) return message.wrong("mediaType", fmt::format("'{}' is no trusted root of version 0.1 or 0.2", media_type));
  TrustRoot out;
  TRY_ASSIGN(out.logs, read_all(message, "tlogs", read_log));
  TRY_ASSIGN(out.certificate_logs, read_all(message, "ctlogs", read_log));
  TRY_ASSIGN(out.authorities, read_all(message, "certificateAuthorities", read_authority));
  TRY_ASSIGN(out.timestamp_authorities, read_all(message, "timestampAuthorities", read_authority));
  return out;
}

}  // namespace

Result<TrustRoot> read_trust_root(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read trusted root '{}'", path);
  if (text.size() > max_root) return cannot(Kind::Invalid, what, "it is larger than 16 MiB");
  TRY_ASSIGN(const Json json, parse_json(text, path));
  auto root = read(json);
  if (!root) return cannot(what, std::move(root).error());
  return root;
}

const TransparencyLog* find_log(const std::vector<TransparencyLog>& logs, std::string_view id) {
  const auto found = std::find_if(logs.begin(), logs.end(), [&](const TransparencyLog& each) { return each.id == id; });
  return found == logs.end() ? nullptr : &*found;
}

}  // namespace ashlar::trust
