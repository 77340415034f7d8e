#include "trust/tag_layout.h"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/bytes.h"
#include "trust/certificate.h"

namespace ashlar::trust {
namespace {

const std::string* find(const std::map<std::string, std::string>& annotations, const char* name) {
  const auto found = annotations.find(name);
  return found == annotations.end() ? nullptr : &found->second;
}

Result<std::string> bytes_of(const Json& json, const char* member) {
  TRY_ASSIGN(const std::string text, get_string(json, member));
  TRY_ASSIGN(const Bytes bytes, from_base64(text));
  return std::string(as_text(bytes));
}

Result<std::string> bytes_of_hex(const std::string& hex) {
  TRY_ASSIGN(const Digest digest, Digest::parse_hex(hex));
  return std::string(reinterpret_cast<const char*>(digest.raw().data()), digest.raw().size());
}

/// The entry of a log, with its promise: `{"SignedEntryTimestamp", "Payload": {"body", "integratedTime", "logIndex", "logID"}}`.
Result<LogEntry> read_entry(const std::string& text) {
  TRY_ASSIGN(const Json json, parse_json(text, "log entry"));
  if (!json.is_object() || !json.contains("Payload") || !json.at("Payload").is_object()) return cannot(Kind::Corrupt, "read log entry", "it has no object 'Payload'");
  const Json& payload = json.at("Payload");
  LogEntry out;
  TRY_ASSIGN(out.promise, bytes_of(json, "SignedEntryTimestamp"));
  TRY_ASSIGN(out.body, bytes_of(payload, "body"));
  TRY_ASSIGN(out.integrated_time, get_integer(payload, "integratedTime"));
  TRY_ASSIGN(out.log_index, get_integer(payload, "logIndex"));
  TRY_ASSIGN(const std::string id, get_string(payload, "logID"));
  TRY_ASSIGN(out.log_id, bytes_of_hex(id));
  TRY_ASSIGN(const Json body, parse_json(out.body, "body of log entry"));
  if (!body.is_object()) return cannot(Kind::Corrupt, "read log entry", "its body is no object");
  TRY_ASSIGN(out.kind, get_string(body, "kind"));
  TRY_ASSIGN(out.version, get_string(body, "apiVersion"));
  return out;
}

}  // namespace

Result<Bundle> bundle_of_tag(const std::map<std::string, std::string>& annotations, std::variant<Envelope, MessageSignature> content) {
  Bundle out{.version = BundleVersion::V0_1, .media_type = {}, .material = KeyMaterial{}, .entries = {}, .timestamps = {}, .content = std::move(content)};
  if (const std::string* const certificate = find(annotations, "dev.sigstore.cosign/certificate"); certificate != nullptr && !certificate->empty()) {
    TRY_ASSIGN(const auto read, Certificate::parse_pem(*certificate));
    out.material = CertificateMaterial{read.der()};
  }
  if (const std::string* const entry = find(annotations, "dev.sigstore.cosign/bundle")) {
    TRY_ASSIGN(auto logged, read_entry(*entry));
    out.entries.push_back(std::move(logged));
  }
  if (const std::string* const timestamp = find(annotations, "dev.sigstore.cosign/rfc3161timestamp")) {
    TRY_ASSIGN(const Json json, parse_json(*timestamp, "timestamp"));
    if (!json.is_object()) return cannot(Kind::Corrupt, "read timestamp", "it is no object");
    TRY_ASSIGN(auto bytes, bytes_of(json, "SignedRFC3161Timestamp"));
    out.timestamps.push_back(std::move(bytes));
  }
  return out;
}

}  // namespace ashlar::trust
