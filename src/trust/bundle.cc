#include "trust/bundle.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include <fmt/format.h>

#include "base/bytes.h"
#include "trust/inner/protobuf_json.h"

namespace ashlar::trust {
namespace {

constexpr size_t max_bundle = size_t{192} << 20;  // a payload of 128 MiB, which is cosign's limit, in base64
constexpr size_t max_entries = 32, max_timestamps = 32, max_chain = 16, max_hashes = 64;
constexpr size_t max_piece = size_t{64} << 10;     // certificates, signatures, checkpoints
constexpr size_t max_body = size_t{8} << 20;       // an intoto entry may hold its attestation's hash only, but old ones held more
constexpr size_t hash_size = 32;

constexpr std::array<std::pair<std::string_view, BundleVersion>, 6> media_types = {{
    {"application/vnd.dev.sigstore.bundle+json;version=0.1", BundleVersion::V0_1},
    {"application/vnd.dev.sigstore.bundle.v0.1+json", BundleVersion::V0_1},
    {"application/vnd.dev.sigstore.bundle+json;version=0.2", BundleVersion::V0_2},
    {"application/vnd.dev.sigstore.bundle.v0.2+json", BundleVersion::V0_2},
    {"application/vnd.dev.sigstore.bundle+json;version=0.3", BundleVersion::V0_3},
    {bundle_media_type, BundleVersion::V0_3},
}};

/// The enumeration HashAlgorithm of sigstore_common.proto.
constexpr std::array<std::string_view, 6> hash_algorithms = {"HASH_ALGORITHM_UNSPECIFIED", "SHA2_256", "SHA2_384", "SHA2_512", "SHA3_256", "SHA3_384"};

std::string base64(std::string_view bytes) { return to_base64(as_bytes(bytes)); }

Result<std::string> read_certificate(const Message& message) {
  TRY(message.only({"rawBytes"}));
  TRY_ASSIGN(std::string der, message.bytes("rawBytes", max_piece));
  if (der.empty()) return message.wrong("rawBytes", "it is missing");
  return der;
}

Result<InclusionProof> read_proof(const Message& message) {
  TRY(message.only({"logIndex", "rootHash", "treeSize", "hashes", "checkpoint"}));
  InclusionProof out;
  TRY_ASSIGN(out.log_index, message.whole("logIndex"));
  TRY_ASSIGN(out.tree_size, message.whole("treeSize"));
  if (out.log_index < 0) return message.wrong("logIndex", "it is negative");
  if (out.tree_size <= out.log_index) return message.wrong("treeSize", "the tree is too small to hold the entry");
  TRY_ASSIGN(out.root_hash, message.bytes("rootHash", hash_size));
  if (out.root_hash.size() != hash_size) return message.wrong("rootHash", "it is no SHA-256");
  TRY_ASSIGN(out.hashes, message.byte_list("hashes", max_hashes, hash_size));
  for (const std::string& each : out.hashes) {
    if (each.size() != hash_size) return message.wrong("hashes", "one is no SHA-256");
  }
  TRY_ASSIGN(const Message checkpoint, message.required("checkpoint"));
  TRY(checkpoint.only({"envelope"}));
  TRY_ASSIGN(out.checkpoint, checkpoint.text("envelope", max_piece));
  if (out.checkpoint.empty()) return checkpoint.wrong("envelope", "it is missing");
  return out;
}

Done read_identity(const Message& message, LogEntry& out) {
  TRY_ASSIGN(out.log_index, message.whole("logIndex"));
  if (out.log_index < 0) return message.wrong("logIndex", "it is negative");
  TRY_ASSIGN(const Message id, message.required("logId"));
  TRY(id.only({"keyId"}));
  TRY_ASSIGN(out.log_id, id.bytes("keyId", max_piece));
  if (out.log_id.empty()) return id.wrong("keyId", "it is missing");
  TRY_ASSIGN(const Message kind, message.required("kindVersion"));
  TRY(kind.only({"kind", "version"}));
  TRY_ASSIGN(out.kind, kind.text("kind", 100));
  TRY_ASSIGN(out.version, kind.text("version", 100));
  TRY_ASSIGN(out.integrated_time, message.whole("integratedTime"));
  if (out.integrated_time < 0) return message.wrong("integratedTime", "it is negative");
  return {};
}

Result<LogEntry> read_entry(const Message& message, BundleVersion version) {
  TRY(message.only({"logIndex", "logId", "kindVersion", "integratedTime", "inclusionPromise", "inclusionProof", "canonicalizedBody"}));
  LogEntry out;
  TRY(read_identity(message, out));
  TRY_ASSIGN(const auto promise, message.message("inclusionPromise"));
  if (promise) {
    TRY(promise->only({"signedEntryTimestamp"}));
    TRY_ASSIGN(out.promise, promise->bytes("signedEntryTimestamp", max_piece));
  }
  TRY_ASSIGN(const auto proof, message.message("inclusionProof"));
  if (proof) {
    TRY_ASSIGN(out.proof, read_proof(*proof));
  }
  TRY_ASSIGN(out.body, message.bytes("canonicalizedBody", max_body));
  if (out.body.empty()) return message.wrong("canonicalizedBody", "it is missing");
  if (version == BundleVersion::V0_1 && out.promise.empty()) return message.wrong("inclusionPromise", "it is missing, and version 0.1 asks for it");
  if (version != BundleVersion::V0_1 && !out.proof) return message.wrong("inclusionProof", "it is missing, and versions from 0.2 on ask for it");
  return out;
}

/// Exactly one of the names must be there.
Result<std::string_view> one_of(const Message& message, std::initializer_list<std::string_view> names) {
  std::string_view found;
  for (const std::string_view name : names) {
    if (!message.has(name)) continue;
    if (!found.empty()) return message.wrong(name, fmt::format("there is '{}' too", found));
    found = name;
  }
  if (found.empty()) return message.wrong(*names.begin(), "neither it nor what may stand for it is there");
  return found;
}

Done read_material(const Message& message, Bundle& out) {
  TRY(message.only({"publicKey", "x509CertificateChain", "certificate", "tlogEntries", "timestampVerificationData"}));
  TRY_ASSIGN(const auto kind, one_of(message, {"certificate", "x509CertificateChain", "publicKey"}));
  TRY_ASSIGN(const Message content, message.required(kind));
  if (kind == "certificate") {
    TRY_ASSIGN(std::string der, read_certificate(content));
    out.material = CertificateMaterial{std::move(der)};
  } else if (kind == "publicKey") {
    TRY(content.only({"hint"}));
    TRY_ASSIGN(std::string hint, content.text("hint", 1000));
    out.material = KeyMaterial{std::move(hint)};
  } else {
    if (out.version == BundleVersion::V0_3) return message.wrong(kind, "version 0.3 has a single certificate");
    TRY(content.only({"certificates"}));
    TRY_ASSIGN(const auto certificates, content.messages("certificates", max_chain));
    if (certificates.empty()) return content.wrong("certificates", "there is none");
    ChainMaterial chain;
    for (const Message& each : certificates) {
      TRY_ASSIGN(std::string der, read_certificate(each));
      chain.der.push_back(std::move(der));
    }
    out.material = std::move(chain);
  }
  TRY_ASSIGN(const auto entries, message.messages("tlogEntries", max_entries));
  for (const Message& each : entries) {
    TRY_ASSIGN(LogEntry entry, read_entry(each, out.version));
    out.entries.push_back(std::move(entry));
  }
  TRY_ASSIGN(const auto times, message.message("timestampVerificationData"));
  if (!times) return {};
  TRY(times->only({"rfc3161Timestamps"}));
  TRY_ASSIGN(const auto timestamps, times->messages("rfc3161Timestamps", max_timestamps));
  for (const Message& each : timestamps) {
    TRY(each.only({"signedTimestamp"}));
    TRY_ASSIGN(std::string bytes, each.bytes("signedTimestamp", max_piece));
    if (bytes.empty()) return each.wrong("signedTimestamp", "it is missing");
    out.timestamps.push_back(std::move(bytes));
  }
  return {};
}

Result<MessageSignature> read_message_signature(const Message& message) {
  TRY(message.only({"messageDigest", "signature"}));
  MessageSignature out;
  TRY_ASSIGN(out.signature, message.bytes("signature", max_piece));
  if (out.signature.empty()) return message.wrong("signature", "it is missing");
  TRY_ASSIGN(const Message digest, message.required("messageDigest"));
  TRY(digest.only({"algorithm", "digest"}));
  TRY_ASSIGN(out.algorithm, digest.choice("algorithm"));
  for (size_t at = 0; at < hash_algorithms.size(); ++at) {
    if (out.algorithm == fmt::format("{}", at)) out.algorithm = hash_algorithms[at];
  }
  if (std::find(hash_algorithms.begin() + 1, hash_algorithms.end(), out.algorithm) == hash_algorithms.end()) return digest.wrong("algorithm", "it is no hash that bundles have");
  TRY_ASSIGN(out.digest, digest.bytes("digest", 64));
  if (out.digest.empty()) return digest.wrong("digest", "it is missing");
  return out;
}

/// read_envelope() knows DSSE's own names; here they may also be the .proto file's.
Result<Envelope> read_bundled_envelope(const Message& message) {
  TRY(message.only({"payload", "payloadType", "signatures"}));
  const auto found = message.json().find("payload_type");
  if (found == message.json().end()) return read_envelope(message.json());
  Json renamed = message.json();
  renamed["payloadType"] = *found;
  return read_envelope(renamed);
}

Done read_content(const Message& message, Bundle& out) {
  TRY_ASSIGN(const auto kind, one_of(message, {"dsseEnvelope", "messageSignature"}));
  TRY_ASSIGN(const Message content, message.required(kind));
  if (kind == "dsseEnvelope") {
    TRY_ASSIGN(Envelope envelope, read_bundled_envelope(content));
    out.content = std::move(envelope);
  } else {
    TRY_ASSIGN(MessageSignature signature, read_message_signature(content));
    out.content = std::move(signature);
  }
  return {};
}

Result<Bundle> read(const Json& json) {
  TRY_ASSIGN(const Message message, Message::of(json));
  TRY(message.only({"mediaType", "verificationMaterial", "messageSignature", "dsseEnvelope"}));
  Bundle out;
  TRY_ASSIGN(out.media_type, message.text("mediaType", 200));
  const auto* const known = std::find_if(media_types.begin(), media_types.end(), [&](const auto& each) { return each.first == out.media_type; });
  if (known == media_types.end()) return message.wrong("mediaType", fmt::format("'{}' is no bundle of version 0.1, 0.2 or 0.3", out.media_type));
  out.version = known->second;
  TRY_ASSIGN(const Message material, message.required("verificationMaterial"));
  TRY(read_material(material, out));
  TRY(read_content(message, out));
  return out;
}

Json to_json(const InclusionProof& proof) {
  Json out = {{"logIndex", std::to_string(proof.log_index)}, {"rootHash", base64(proof.root_hash)}, {"treeSize", std::to_string(proof.tree_size)}};
  for (const std::string& each : proof.hashes) out["hashes"].push_back(base64(each));
  out["checkpoint"] = {{"envelope", proof.checkpoint}};
  return out;
}

Json to_json(const LogEntry& entry) {
  Json out = {{"logIndex", std::to_string(entry.log_index)}, {"logId", {{"keyId", base64(entry.log_id)}}}, {"kindVersion", {{"kind", entry.kind}, {"version", entry.version}}}};
  if (entry.integrated_time != 0) out["integratedTime"] = std::to_string(entry.integrated_time);
  if (!entry.promise.empty()) out["inclusionPromise"] = {{"signedEntryTimestamp", base64(entry.promise)}};
  if (entry.proof) out["inclusionProof"] = to_json(*entry.proof);
  out["canonicalizedBody"] = base64(entry.body);
  return out;
}

Json raw_bytes(std::string_view der) { return {{"rawBytes", base64(der)}}; }

Json material_json(const Bundle& bundle) {
  Json out = Json::object();
  if (const auto* key = std::get_if<KeyMaterial>(&bundle.material)) out["publicKey"] = {{"hint", key->hint}};
  if (const auto* chain = std::get_if<ChainMaterial>(&bundle.material)) {
    for (const std::string& each : chain->der) out["x509CertificateChain"]["certificates"].push_back(raw_bytes(each));
  }
  if (const auto* certificate = std::get_if<CertificateMaterial>(&bundle.material)) out["certificate"] = raw_bytes(certificate->der);
  for (const LogEntry& each : bundle.entries) out["tlogEntries"].push_back(to_json(each));
  for (const std::string& each : bundle.timestamps) {
    Json timestamp = Json::object();
    timestamp["signedTimestamp"] = base64(each);
    out["timestampVerificationData"]["rfc3161Timestamps"].push_back(std::move(timestamp));
  }
  return out;
}

}  // namespace

Result<Bundle> read_bundle(std::string_view text, std::string_view path) {
  if (text.size() > max_bundle) return cannot(Kind::Invalid, fmt::format("read bundle '{}'", path), "it is larger than 192 MiB");
  TRY_ASSIGN(const Json json, parse_json(text, path));
  auto bundle = read(json);
  if (!bundle) return cannot(fmt::format("read bundle '{}'", path), std::move(bundle).error());
  return bundle;
}

Json to_json(const Bundle& bundle) {
  Json out = {{"mediaType", bundle.media_type}, {"verificationMaterial", material_json(bundle)}};
  if (const auto* envelope = std::get_if<Envelope>(&bundle.content)) out["dsseEnvelope"] = to_json(*envelope);
  if (const auto* message = std::get_if<MessageSignature>(&bundle.content)) {
    out["messageSignature"] = {{"messageDigest", {{"algorithm", message->algorithm}, {"digest", base64(message->digest)}}}, {"signature", base64(message->signature)}};
  }
  return out;
}

std::string to_text(const Bundle& bundle) {
  const auto* const envelope = std::get_if<Envelope>(&bundle.content);
  if (envelope == nullptr) return to_compact(to_json(bundle));
  Bundle light = bundle;
  std::get<Envelope>(light.content).payload.clear();
  return with_payload(to_compact(to_json(light)), *envelope);
}

}  // namespace ashlar::trust
