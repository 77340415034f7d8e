#include "trust/inner/sample_world_test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/digest.h"
#include "trust/inner/byte_reader.h"

namespace ashlar::trust {
namespace {

template <class T, class Write>
std::string der_of(const T* value, Write write) {
  unsigned char* out = nullptr;
  const int size = write(value, &out);
  std::string bytes(reinterpret_cast<const char*>(out), size > 0 ? static_cast<size_t>(size) : 0);
  OPENSSL_free(out);
  return bytes;
}

template <class T, class Write>
std::string pem_of(T* value, Write write) {
  BIO* const out = BIO_new(BIO_s_mem());
  write(out, value);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string text(data, static_cast<size_t>(size));
  BIO_free(out);
  return text;
}

EVP_PKEY* raw(const SampleSigner& signer) { return static_cast<EVP_PKEY*>(signer.handle()); }

X509* parse(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return d2i_X509(nullptr, &at, static_cast<long>(der.size()));
}

std::string base64(std::string_view bytes) { return to_base64(as_bytes(bytes)); }
std::string sha256(std::string_view bytes) {
  const Digest digest = Digest::of(bytes);
  return {reinterpret_cast<const char*>(digest.raw().data()), 32};
}
std::string hex(std::string_view bytes) { return to_hex(as_bytes(bytes)); }

void add(X509* certificate, X509* issuer, int kind, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_nconf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

void add_raw(X509* certificate, const char* oid, std::string_view value) {
  ASN1_OBJECT* const object = OBJ_txt2obj(oid, 1);
  ASN1_OCTET_STRING* const bytes = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(bytes, reinterpret_cast<const unsigned char*>(value.data()), static_cast<int>(value.size()));
  X509_EXTENSION* const extension = X509_EXTENSION_create_by_OBJ(nullptr, object, 0, bytes);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(bytes);
  ASN1_OBJECT_free(object);
}

/// A DER value of less than 64 KiB.
std::string tagged(char tag, std::string_view value) {
  std::string length = value.size() < 128 ? big_endian(value.size(), 1) : value.size() < 256 ? "\x81" + big_endian(value.size(), 1) : "\x82" + big_endian(value.size(), 2);
  return std::string(1, tag) + length + std::string(value);
}

struct Naming {
  std::string subject;
  Time from, to;
};

X509* blank(const Naming& naming, const SampleSigner& subject, X509* issuer) {
  static long serial = 1000;
  X509* const out = X509_new();
  X509_set_version(out, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out), ++serial);
  X509_NAME* const name = X509_get_subject_name(out);
  if (!naming.subject.empty()) X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(naming.subject.c_str()), -1, -1, 0);
  X509_set_issuer_name(out, X509_get_subject_name(issuer == nullptr ? out : issuer));
  ASN1_TIME_set(X509_getm_notBefore(out), naming.from.seconds);
  ASN1_TIME_set(X509_getm_notAfter(out), naming.to.seconds);
  X509_set_pubkey(out, raw(subject));
  return out;
}

constexpr Time far{SampleWorld::start.seconds + 400'000'000};

/// An authority; `by` null: its own.
SampleCertificate authority(const std::string& name, const SampleCertificate* by) {
  SampleCertificate out;
  X509* const issuer = by == nullptr ? nullptr : parse(by->der);
  X509* const made = blank({name, SampleWorld::start, far}, out.signer, issuer);
  add(made, issuer == nullptr ? made : issuer, NID_basic_constraints, "critical,CA:TRUE");
  add(made, issuer == nullptr ? made : issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(made, raw(by == nullptr ? out.signer : by->signer), EVP_sha256());
  out.der = der_of(made, i2d_X509);
  X509_free(made);
  X509_free(issuer);
  return out;
}

SampleCertificate timestamper(const std::string& name, const SampleCertificate& by) {
  SampleCertificate out;
  X509* const issuer = parse(by.der);
  X509* const made = blank({name, SampleWorld::start, {SampleWorld::start.seconds + 100'000'000}}, out.signer, issuer);
  add(made, issuer, NID_key_usage, "critical,digitalSignature");
  add(made, issuer, NID_ext_key_usage, "critical,timeStamping");
  X509_sign(made, raw(by.signer), EVP_sha256());
  out.der = der_of(made, i2d_X509);
  X509_free(made);
  X509_free(issuer);
  return out;
}

/// The extension's value: one timestamp of a log over the certificate as it is before.
std::string proof_of(const CertificatePlan& plan, X509* certificate, const SampleSigner& log, std::string_view issuer_key) {
  if (plan.proof == CertificatePlan::Proof::Garbage) return tagged('\x04', std::string("\0\x05xxxxx", 7));
  const std::string body = der_of(certificate, [](const X509* each, unsigned char** out) { return i2d_re_X509_tbs(const_cast<X509*>(each), out); });
  const std::uint64_t milliseconds = static_cast<std::uint64_t>(plan.proof_time.value_or(plan.from).seconds) * 1000;
  const std::string extensions = big_endian(plan.proof_extensions.size(), 2) + plan.proof_extensions;
  std::string covered = std::string(2, '\0') + big_endian(milliseconds, 8) + big_endian(1, 2) + sha256(issuer_key) + big_endian(body.size(), 3) + body + extensions;
  if (plan.proof == CertificatePlan::Proof::Forged) covered += "x";
  const std::string signature = log.sign(covered);
  const std::string item = std::string(1, '\0') + sha256(log.key()) + big_endian(milliseconds, 8) + extensions + "\x04\x03" + big_endian(signature.size(), 2) + signature;
  const std::string list = big_endian(item.size(), 2) + item;
  return tagged('\x04', big_endian(list.size(), 2) + list);
}

struct Request {
  Time time;
  static int give(TS_RESP_CTX*, void* data, long* seconds, long* micro) {
    *seconds = static_cast<Request*>(data)->time.seconds;
    *micro = 0;
    return 1;
  }
  static ASN1_INTEGER* serial(TS_RESP_CTX*, void*) {
    ASN1_INTEGER* const out = ASN1_INTEGER_new();
    ASN1_INTEGER_set(out, 77);
    return out;
  }
};

std::string make_timestamp(const SampleCertificate& by, std::string_view over, Time time, bool with_certificate) {
  TS_REQ* const request = TS_REQ_new();
  TS_REQ_set_version(request, 1);
  TS_MSG_IMPRINT* const imprint = TS_MSG_IMPRINT_new();
  X509_ALGOR* const algorithm = X509_ALGOR_new();
  X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr);
  TS_MSG_IMPRINT_set_algo(imprint, algorithm);
  std::string digest = sha256(over);
  TS_MSG_IMPRINT_set_msg(imprint, reinterpret_cast<unsigned char*>(digest.data()), 32);
  TS_REQ_set_msg_imprint(request, imprint);
  TS_REQ_set_cert_req(request, with_certificate ? 1 : 0);
  BIO* const in = BIO_new(BIO_s_mem());
  i2d_TS_REQ_bio(in, request);

  TS_RESP_CTX* const context = TS_RESP_CTX_new();
  X509* const certificate = parse(by.der);
  ASN1_OBJECT* const policy = OBJ_txt2obj("1.3.6.1.4.1.57264.2", 1);
  Request times{time};
  TS_RESP_CTX_set_signer_cert(context, certificate);
  TS_RESP_CTX_set_signer_key(context, raw(by.signer));
  TS_RESP_CTX_set_signer_digest(context, EVP_sha256());
  TS_RESP_CTX_set_def_policy(context, policy);
  TS_RESP_CTX_add_md(context, EVP_sha256());
  TS_RESP_CTX_set_serial_cb(context, Request::serial, nullptr);
  TS_RESP_CTX_set_time_cb(context, Request::give, &times);
  TS_RESP* const response = TS_RESP_create_response(context, in);
  std::string out = der_of(response, i2d_TS_RESP);
  TS_RESP_free(response);
  ASN1_OBJECT_free(policy);
  X509_free(certificate);
  TS_RESP_CTX_free(context);
  BIO_free(in);
  X509_ALGOR_free(algorithm);
  TS_MSG_IMPRINT_free(imprint);
  TS_REQ_free(request);
  return out;
}

std::string node(std::string_view left, std::string_view right) { return sha256("\1" + std::string(left) + std::string(right)); }

size_t split_of(size_t count) {
  size_t half = 1;
  while (half * 2 < count) half *= 2;
  return half;
}

std::vector<std::string> slice(const std::vector<std::string>& all, size_t from, size_t to) { return {all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to)}; }

std::vector<std::string> leaves_with(std::string_view body, std::int64_t at, std::int64_t size) {
  std::vector<std::string> leaves;
  for (std::int64_t each = 0; each < size; ++each) leaves.push_back(each == at ? std::string(body) : "leaf " + std::to_string(each));
  return leaves;
}

/// The note key hash of an Ed25519 key (C2SP signed-note): also the whole id of a log of tiles.
std::string note_id(std::string_view name, const SampleSigner& key) { return sha256(std::string(name) + "\n\x01" + key.key().substr(key.key().size() - 32)); }

constexpr std::string_view tiles_host = "tiles.example.org";

}  // namespace

SampleSigner::SampleSigner(const char* kind) {
  const std::string_view name = kind;
  EVP_PKEY* const key = name == "RSA" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", size_t{2048}) : name == "ED25519" ? EVP_PKEY_Q_keygen(nullptr, nullptr, kind) : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", kind);
  key_ = {key, [](void* each) { EVP_PKEY_free(static_cast<EVP_PKEY*>(each)); }};
}

std::string SampleSigner::sign(std::string_view message, bool with_sha256) const {
  EVP_PKEY* const key = raw(*this);
  const int bits = EVP_PKEY_get_bits(key);
  const bool ec = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC;
  const EVP_MD* const hash = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : !ec || with_sha256 || bits == 256 ? EVP_sha256() : bits == 384 ? EVP_sha384() : EVP_sha512();
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  size_t size = 0;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(message.data());
  EVP_DigestSignInit(context, nullptr, hash, nullptr, key);
  EVP_DigestSign(context, nullptr, &size, bytes, message.size());
  std::string out(size, '\0');
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(out.data()), &size, bytes, message.size());
  out.resize(size);
  EVP_MD_CTX_free(context);
  return out;
}

std::string SampleSigner::key() const { return der_of(raw(*this), i2d_PUBKEY); }
std::string SampleSigner::pem() const { return pem_of(raw(*this), PEM_write_bio_PUBKEY); }

std::string SampleCertificate::pem() const {
  X509* const certificate = parse(der);
  std::string out = pem_of(certificate, PEM_write_bio_X509);
  X509_free(certificate);
  return out;
}

SampleWorld::SampleWorld()
    : ca(authority("sample root", nullptr)),
      intermediate(authority("sample intermediate", &ca)),
      other_ca(authority("other root", nullptr)),
      timestamp_ca(authority("sample timestamp root", nullptr)),
      timestamp_signer(timestamper("sample timestamps", timestamp_ca)),
      other_timestamp_signer(timestamper("other timestamps", other_ca)) {}

CertificatePlan SampleWorld::plan() const {
  CertificatePlan out;
  out.from = {signed_at.seconds - 60};
  out.to = {signed_at.seconds + 540};
  return out;
}

SampleCertificate SampleWorld::issue(const CertificatePlan& plan) const {
  SampleCertificate out{SampleSigner(plan.key), {}};
  X509* const issuer = parse(intermediate.der);
  X509* const made = blank({"", plan.from, plan.to}, out.signer, issuer);
  add(made, issuer, NID_key_usage, plan.usage);
  add(made, issuer, NID_ext_key_usage, plan.extended_usage);
  add(made, issuer, NID_basic_constraints, plan.constraints);
  add(made, issuer, NID_authority_key_identifier, "keyid,issuer");
  add(made, issuer, NID_subject_alt_name, plan.names.empty() ? "" : "critical," + plan.names);
  if (plan.old_issuer)
    add_raw(made, "1.3.6.1.4.1.57264.1.1", plan.issuer);
  else if (!plan.issuer.empty())
    add_raw(made, "1.3.6.1.4.1.57264.1.8", tagged('\x0c', plan.issuer));
  X509_sign(made, raw(intermediate.signer), EVP_sha256());
  if (plan.proof != CertificatePlan::Proof::Absent) {
    const SampleSigner unknown;
    const std::string issuer_key = plan.proof == CertificatePlan::Proof::OtherIssuer ? ca.signer.key() : intermediate.signer.key();
    add_raw(made, "1.3.6.1.4.1.11129.2.4.2", proof_of(plan, made, plan.proof == CertificatePlan::Proof::UnknownLog ? unknown : certificate_log, issuer_key));
    X509_sign(made, raw(intermediate.signer), EVP_sha256());
  }
  out.der = der_of(made, i2d_X509);
  X509_free(made);
  X509_free(issuer);
  return out;
}

SampleCertificate SampleWorld::issue_elsewhere() const {
  SampleWorld twin = *this;
  twin.intermediate = authority("sample intermediate", &other_ca);
  return twin.issue(plan());
}

std::string SampleWorld::checkpoint(std::int64_t size, std::string_view root_hash) const {
  const std::string text = "rekor.example.org - 12345\n" + std::to_string(size) + "\n" + base64(root_hash) + "\n";
  return text + "\n\xe2\x80\x94 rekor.example.org " + base64(sha256(rekor.key()).substr(0, 4) + rekor.sign(text)) + "\n";
}

void SampleWorld::promise(LogEntry& entry) const {
  entry.promise = rekor.sign("{\"body\":\"" + base64(entry.body) + "\",\"integratedTime\":" + std::to_string(entry.integrated_time) + ",\"logID\":\"" + hex(entry.log_id) + "\",\"logIndex\":" + std::to_string(entry.log_index) + "}");
}

LogEntry SampleWorld::log(std::string kind, std::string version, std::string body, Time time, std::int64_t at, std::int64_t size) const {
  LogEntry out{sha256(rekor.key()), 1000 + at, std::move(kind), std::move(version), time.seconds, {}, {}, std::move(body)};
  const auto leaves = leaves_with(out.body, at, size);
  const std::string root_hash = merkle_root(leaves);
  out.proof = InclusionProof{at, size, root_hash, merkle_path(static_cast<size_t>(at), leaves), checkpoint(size, root_hash)};
  promise(out);
  return out;
}

LogEntry SampleWorld::log_in_tiles(std::string kind, std::string version, std::string body) const {
  LogEntry out{note_id(tiles_host, tiles), 6, std::move(kind), std::move(version), 0, {}, {}, std::move(body)};
  const auto leaves = leaves_with(out.body, 6, 7);
  const std::string root_hash = merkle_root(leaves);
  const std::string text = std::string(tiles_host) + "\n7\n" + base64(root_hash) + "\n";
  const SampleSigner witness("ED25519");
  std::string note = text + "\n\xe2\x80\x94 witness.example.org " + base64(note_id("witness.example.org", witness).substr(0, 4) + witness.sign(text)) + "\n";
  note += "\xe2\x80\x94 " + std::string(tiles_host) + " " + base64(out.log_id.substr(0, 4) + tiles.sign(text)) + "\n";
  out.proof = InclusionProof{6, 7, root_hash, merkle_path(6, leaves), note};
  return out;
}

std::string SampleWorld::timestamp(std::string_view over, Time time, bool with_certificate) const { return make_timestamp(timestamp_signer, over, time, with_certificate); }
std::string SampleWorld::foreign_timestamp(std::string_view over) const { return make_timestamp(other_timestamp_signer, over, signed_at, true); }

std::string hashedrekord_body(std::string_view artifact_digest_hex, std::string_view signature, std::string_view pem) {
  return to_compact({{"apiVersion", "0.0.1"}, {"kind", "hashedrekord"},
                     {"spec", {{"data", {{"hash", {{"algorithm", "sha256"}, {"value", artifact_digest_hex}}}}}, {"signature", {{"content", base64(signature)}, {"publicKey", {{"content", base64(pem)}}}}}}}});
}

std::string statement_about(std::string_view artifact) {
  return to_compact({{"_type", "https://in-toto.io/Statement/v1"}, {"subject", Json::array({{{"name", "artifact"}, {"digest", {{"sha256", Digest::of(artifact).hex()}}}}})}, {"predicateType", "https://example.org/test/v1"}, {"predicate", Json::object()}});
}

std::map<std::string, std::string> tag_annotations(const Bundle& bundle) {
  std::map<std::string, std::string> out = {{"dev.cosignproject.cosign/signature", ""}};
  if (const auto* const message = std::get_if<MessageSignature>(&bundle.content)) out["dev.cosignproject.cosign/signature"] = base64(message->signature);
  if (const auto* const material = std::get_if<CertificateMaterial>(&bundle.material)) {
    X509* const certificate = parse(material->der);
    out["dev.sigstore.cosign/certificate"] = pem_of(certificate, PEM_write_bio_X509);
    X509_free(certificate);
  }
  if (!bundle.entries.empty()) {
    const LogEntry& entry = bundle.entries.front();
    Json logged = {{"SignedEntryTimestamp", base64(entry.promise)}};
    logged["Payload"] = {{"body", base64(entry.body)}, {"integratedTime", entry.integrated_time}, {"logIndex", entry.log_index}, {"logID", hex(entry.log_id)}};
    out["dev.sigstore.cosign/bundle"] = to_compact(logged);
  }
  if (!bundle.timestamps.empty()) out["dev.sigstore.cosign/rfc3161timestamp"] = to_compact(Json::object({{"SignedRFC3161Timestamp", base64(bundle.timestamps.front())}}));
  return out;
}

Bundle SampleWorld::message_bundle(const SampleCertificate& by, std::string_view over, Time time) const {
  Bundle out;
  const std::string signature = by.signer.sign(over, true);  // what the entry's hash must be
  out.material = CertificateMaterial{by.der};
  out.content = MessageSignature{"SHA2_256", sha256(over), signature};
  out.entries = {log("hashedrekord", "0.0.1", hashedrekord_body(Digest::of(over).hex(), signature, by.pem()), time)};
  out.timestamps = {timestamp(signature, time)};
  return out;
}

Bundle SampleWorld::envelope_bundle(const SampleCertificate& by, std::string_view kind, std::string statement, Time time, std::string payload_type) const {
  Bundle out;
  Envelope envelope{std::move(payload_type), statement.empty() ? statement_about(artifact) : std::move(statement), {}};
  const std::string covered = pre_authentication(envelope.payload_type, envelope.payload);
  const std::string signature = by.signer.sign(covered);
  envelope.signatures = {{"", signature}};
  const Json old_hash = {{"algorithm", "sha256"}, {"value", Digest::of(envelope.payload).hex()}};
  const Json verifier = {{"keyDetails", "PKIX_ECDSA_P256_SHA_256"}, {"x509Certificate", Json::object({{"rawBytes", base64(by.der)}})}};
  const Json signed_part = {{"content", base64(signature)}, {"verifier", verifier}};
  Json spec;
  if (kind == "dsse 0.0.1") spec = {{"payloadHash", old_hash}, {"envelopeHash", {{"algorithm", "sha256"}, {"value", Digest::of(to_text(envelope)).hex()}}}, {"signatures", Json::array({{{"signature", base64(signature)}, {"verifier", base64(by.pem())}}})}};
  if (kind == "dsse 0.0.2") spec["dsseV002"] = {{"payloadHash", {{"algorithm", "SHA2_256"}, {"digest", base64(sha256(envelope.payload))}}}, {"signatures", Json::array({signed_part})}};
  if (kind == "intoto 0.0.2")
    spec["content"] = {{"envelope", {{"payloadType", envelope.payload_type}, {"signatures", Json::array({{{"sig", base64(base64(signature))}, {"publicKey", base64(by.pem())}}})}}}, {"payloadHash", old_hash}, {"hash", old_hash}};
  if (kind == "hashedrekord 0.0.2") spec["hashedRekordV002"] = {{"data", {{"algorithm", "SHA2_256"}, {"digest", base64(sha256(covered))}}}, {"signature", signed_part}};
  const std::string name(kind.substr(0, kind.find(' '))), version(kind.substr(kind.find(' ') + 1));
  out.material = CertificateMaterial{by.der};
  out.content = envelope;
  out.entries = {log(name, version, to_compact({{"apiVersion", version}, {"kind", name}, {"spec", spec}}), time)};
  out.timestamps = {timestamp(signature, time)};
  return out;
}

Bundle SampleWorld::tiles_bundle(const SampleCertificate& by) const {
  Bundle out = message_bundle(by);
  const std::string& signature = std::get<MessageSignature>(out.content).signature;
  const Json verifier = {{"keyDetails", "PKIX_ECDSA_P256_SHA_256"}, {"x509Certificate", Json::object({{"rawBytes", base64(by.der)}})}};
  Json spec;
  spec["hashedRekordV002"] = {{"data", {{"algorithm", "SHA2_256"}, {"digest", base64(sha256(artifact))}}}, {"signature", {{"content", base64(signature)}, {"verifier", verifier}}}};
  out.entries = {log_in_tiles("hashedrekord", "0.0.2", to_compact({{"apiVersion", "0.0.2"}, {"kind", "hashedrekord"}, {"spec", spec}}))};
  return out;
}

Bundle SampleWorld::keyed_bundle(const SampleSigner& by, std::string_view over, Time time) const {
  Bundle out;
  const std::string signature = by.sign(over);
  out.material = KeyMaterial{base64(sha256(by.key()))};
  out.content = MessageSignature{"SHA2_256", sha256(over), signature};
  out.entries = {log("hashedrekord", "0.0.1", hashedrekord_body(Digest::of(over).hex(), signature, by.pem()), time)};
  return out;
}

TrustRoot SampleWorld::root() const {
  const Period period{start, std::nullopt};
  TrustRoot out;
  out.authorities = {{"https://ca.example.org", {intermediate.der, ca.der}, period}};
  out.logs = {{"https://rekor.example.org", sha256(rekor.key()), rekor.key(), period}, {"https://tiles.example.org", note_id(tiles_host, tiles), tiles.key(), period}};
  out.certificate_logs = {{"https://ct.example.org", sha256(certificate_log.key()), certificate_log.key(), period}};
  out.timestamp_authorities = {{"https://timestamps.example.org", {timestamp_signer.der, timestamp_ca.der}, period}};
  return out;
}

std::string SampleWorld::root_json() const {
  const TrustRoot root = this->root();
  Json out = {{"mediaType", "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}};
  const Json period = Json::object({{"start", start.str()}});
  const auto add_log = [&](const char* list, const TransparencyLog& log, const char* details) {
    out[list].push_back({{"baseUrl", log.base_url}, {"hashAlgorithm", "SHA2_256"}, {"publicKey", {{"rawBytes", base64(log.key)}, {"keyDetails", details}, {"validFor", period}}}, {"logId", Json::object({{"keyId", base64(log.id)}})}});
  };
  const auto add_authority = [&](const char* list, const Authority& authority) {
    Json certificates = Json::array();
    for (const std::string& each : authority.certificates) certificates.push_back(Json::object({{"rawBytes", base64(each)}}));
    out[list].push_back({{"subject", Json::object({{"commonName", "sample"}})}, {"uri", authority.uri}, {"certChain", Json::object({{"certificates", certificates}})}, {"validFor", period}});
  };
  add_log("tlogs", root.logs[0], "PKIX_ECDSA_P256_SHA_256");
  add_log("tlogs", root.logs[1], "PKIX_ED25519");
  add_authority("certificateAuthorities", root.authorities[0]);
  add_log("ctlogs", root.certificate_logs[0], "PKIX_ECDSA_P256_SHA_256");
  add_authority("timestampAuthorities", root.timestamp_authorities[0]);
  return to_pretty(out);
}

IdentityPolicy SampleWorld::policy() const { return {Pattern::exact("signer@example.org"), Pattern::exact("https://accounts.example.org")}; }

std::string merkle_root(const std::vector<std::string>& leaves) {
  if (leaves.size() == 1) return sha256(std::string(1, '\0') + leaves[0]);
  const size_t half = split_of(leaves.size());
  return node(merkle_root(slice(leaves, 0, half)), merkle_root(slice(leaves, half, leaves.size())));
}

std::vector<std::string> merkle_path(size_t index, const std::vector<std::string>& leaves) {
  if (leaves.size() == 1) return {};
  const size_t half = split_of(leaves.size());
  const auto left = slice(leaves, 0, half), right = slice(leaves, half, leaves.size());
  auto out = index < half ? merkle_path(index, left) : merkle_path(index - half, right);
  out.push_back(index < half ? merkle_root(right) : merkle_root(left));
  return out;
}

}  // namespace ashlar::trust
