#include "trust/certificate.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <fmt/format.h>

#include "trust/inner/byte_reader.h"
#include "trust/inner/moment.h"
#include "trust/inner/openssl.h"
#include "trust/inner/verifying_key.h"

namespace ashlar::trust {
namespace {

constexpr size_t max_names = 100, max_name = 4096, max_timestamps = 32;
constexpr const char* issuer_oid = "1.3.6.1.4.1.57264.1.8";
constexpr const char* old_issuer_oid = "1.3.6.1.4.1.57264.1.1";
constexpr const char* other_name_oid = "1.3.6.1.4.1.57264.1.7";
constexpr const char* timestamps_oid = "1.3.6.1.4.1.11129.2.4.2";

void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }
void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }  // borrows its members

X509* x509_of(const std::shared_ptr<void>& certificate) { return static_cast<X509*>(certificate.get()); }

Owned<ASN1_OBJECT, ASN1_OBJECT_free> object(const char* oid) { return Owned<ASN1_OBJECT, ASN1_OBJECT_free>(OBJ_txt2obj(oid, 1)); }

std::string text_of(const ASN1_STRING* string) { return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)), static_cast<size_t>(ASN1_STRING_length(string))}; }

/// The bytes of an extension's value; nothing when it is not there.
std::optional<std::string> extension(const X509* certificate, const char* oid) {
  const int at = X509_get_ext_by_OBJ(certificate, object(oid).get(), -1);
  if (at < 0) return std::nullopt;
  return text_of(X509_EXTENSION_get_data(X509_get_ext(certificate, at)));
}

/// A DER UTF8String or OCTET STRING that is all of `der`.
Result<std::string> der_string(std::string_view der, int type) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const Owned<ASN1_TYPE, ASN1_TYPE_free> value(d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(der.size())));
  if (value == nullptr || value->type != type || at != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) return fail(Kind::Corrupt, "an extension is not of its type");
  return text_of(value->value.asn1_string);
}

Result<std::string> name_of(const GENERAL_NAME* name) {
  int type = 0;
  const void* const value = GENERAL_NAME_get0_value(name, &type);
  if (type == GEN_EMAIL || type == GEN_URI) return text_of(static_cast<const ASN1_STRING*>(value));
  if (type != GEN_OTHERNAME) return std::string();
  const auto* const other = static_cast<const OTHERNAME*>(value);
  if (OBJ_cmp(other->type_id, object(other_name_oid).get()) != 0) return std::string();
  if (other->value->type != V_ASN1_UTF8STRING) return fail(Kind::Corrupt, "an other name is no UTF8String");
  return text_of(other->value->value.utf8string);
}

Result<CertificateTimestamp> read_timestamp(std::string_view bytes) {
  ByteReader reader(bytes);
  CertificateTimestamp out;
  const bool version = reader.number(1) == 0;
  out.log_id = reader.take(32);
  out.milliseconds = reader.number(8);
  out.extensions = reader.take(reader.number(2));
  const std::uint64_t hash = reader.number(1);
  reader.number(1);  // the signature's algorithm is the key's
  out.signature = reader.take(reader.number(2));
  if (!reader.at_end() || !version || (hash != 4 && hash != 8)) return fail(Kind::Corrupt, "a certificate timestamp is not as RFC 6962 says");
  return out;
}

std::string der_of(int size, unsigned char* der) {
  std::string out(reinterpret_cast<const char*>(der), size > 0 ? static_cast<size_t>(size) : 0);
  OPENSSL_free(der);
  return out;
}

Result<Certificate> with_times(Certificate certificate) {
  const Period validity = certificate.validity();
  if (!validity.start || !validity.end) return fail(Kind::Invalid, "the certificate's times cannot be read");
  return certificate;
}

}  // namespace

Result<Certificate> Certificate::parse(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  X509* const parsed = d2i_X509(nullptr, &at, static_cast<long>(der.size()));
  if (parsed == nullptr) return fail(Kind::Invalid, "it is no X.509 certificate");
  Certificate out(std::shared_ptr<void>(parsed, [](void* each) { X509_free(static_cast<X509*>(each)); }));
  if (at != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) return fail(Kind::Invalid, "there is more than a certificate");
  return with_times(std::move(out));
}

Result<Certificate> Certificate::parse_pem(std::string_view pem) {
  X509* const parsed = PEM_read_bio_X509(reading(pem).get(), nullptr, no_password, nullptr);
  if (parsed == nullptr) return fail(Kind::Invalid, "it is no X.509 certificate in PEM");
  return with_times(Certificate(std::shared_ptr<void>(parsed, [](void* each) { X509_free(static_cast<X509*>(each)); })));
}

std::string Certificate::der() const {
  unsigned char* out = nullptr;
  const int size = i2d_X509(x509_of(certificate_), &out);
  return der_of(size, out);
}

std::string Certificate::key() const {
  unsigned char* out = nullptr;
  const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509_of(certificate_)), &out);
  return der_of(size, out);
}

Period Certificate::validity() const { return {moment(X509_get0_notBefore(x509_of(certificate_))), moment(X509_get0_notAfter(x509_of(certificate_)))}; }

bool Certificate::signs_certificates() const { return X509_check_ca(x509_of(certificate_)) == 1; }

bool Certificate::signs_code() const {
  const bool restricted = (X509_get_extension_flags(x509_of(certificate_)) & EXFLAG_XKUSAGE) != 0;
  return restricted && (X509_get_extended_key_usage(x509_of(certificate_)) & XKU_CODE_SIGN) != 0;
}

Result<CertificateIdentity> Certificate::identity() const {
  CertificateIdentity out;
  const Owned<GENERAL_NAMES, free_names> names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x509_of(certificate_), NID_subject_alt_name, nullptr, nullptr)));
  const int count = names == nullptr ? 0 : sk_GENERAL_NAME_num(names.get());
  for (int at = 0; at < count && at < static_cast<int>(max_names); ++at) {
    TRY_ASSIGN(std::string name, name_of(sk_GENERAL_NAME_value(names.get(), at)));
    if (name.size() > max_name) return fail(Kind::Corrupt, fmt::format("a name is longer than {} bytes", max_name));
    if (name.contains('\0')) return fail(Kind::Corrupt, "a name has a zero byte");
    if (!name.empty()) out.names.push_back(std::move(name));
  }
  if (const auto issuer = extension(x509_of(certificate_), issuer_oid)) {
    TRY_ASSIGN(out.issuer, der_string(*issuer, V_ASN1_UTF8STRING));
  } else if (const auto old = extension(x509_of(certificate_), old_issuer_oid)) {
    out.issuer = *old;
  }
  if (out.issuer.size() > max_name) return fail(Kind::Corrupt, fmt::format("the issuer is longer than {} bytes", max_name));
  return out;
}

Result<std::vector<CertificateTimestamp>> Certificate::timestamps() const {
  std::vector<CertificateTimestamp> out;
  const auto value = extension(x509_of(certificate_), timestamps_oid);
  if (!value) return out;
  TRY_ASSIGN(const std::string list, der_string(*value, V_ASN1_OCTET_STRING));
  ByteReader reader(list);
  const std::string body = reader.take(reader.number(2));
  if (!reader.at_end()) return fail(Kind::Corrupt, "the list of certificate timestamps is not as long as it says");
  ByteReader items(body);
  while (!items.at_end() && out.size() < max_timestamps) {
    TRY_ASSIGN(CertificateTimestamp each, read_timestamp(items.take(items.number(2))));
    out.push_back(std::move(each));
  }
  return out;
}

Result<std::string> Certificate::logged_form(const Certificate& issuer, const CertificateTimestamp& timestamp) const {
  const Owned<X509, X509_free> copy(X509_dup(x509_of(certificate_)));
  const auto oid = object(timestamps_oid);
  const int at = copy == nullptr ? -1 : X509_get_ext_by_OBJ(copy.get(), oid.get(), -1);
  if (at < 0) return fail(Kind::Invalid, "the certificate has no timestamps");
  X509_EXTENSION_free(X509_delete_ext(copy.get(), at));
  if (X509_get_ext_by_OBJ(copy.get(), oid.get(), -1) >= 0) return fail(Kind::Corrupt, "the certificate has two lists of timestamps");
  unsigned char* bytes = nullptr;
  const int size = i2d_re_X509_tbs(copy.get(), &bytes);
  const std::string body = der_of(size, bytes);
  if (body.empty() || body.size() >= size_t{1} << 24) return fail(Kind::Invalid, "the certificate cannot be written");
  const std::string issuer_key = hash_of(HashName::Sha256, issuer.key());
  return big_endian(0, 1) + big_endian(0, 1) + big_endian(timestamp.milliseconds, 8) + big_endian(1, 2) + issuer_key + big_endian(body.size(), 3) + body +
         big_endian(timestamp.extensions.size(), 2) + timestamp.extensions;
}

Result<std::vector<Certificate>> Certificate::chain_to(const Authority& authority, Time at) const {
  if (!authority.valid_for.holds(at)) return fail(Kind::Denied, fmt::format("the authority '{}' was not trusted at {}", authority.uri, at.str()));
  std::vector<Certificate> held;
  const Owned<STACK_OF(X509), free_stack> between(sk_X509_new_null());
  const Owned<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  for (const std::string& each : authority.certificates) {
    TRY_ASSIGN(Certificate certificate, parse(each));
    held.push_back(certificate);
    if (held.size() == authority.certificates.size())
      X509_STORE_add_cert(store.get(), x509_of(certificate.certificate_));
    else
      sk_X509_push(between.get(), x509_of(certificate.certificate_));
  }
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), x509_of(certificate_), between.get()) != 1) return fail(Kind::Denied, "the chain cannot be built");
  X509_VERIFY_PARAM* const rules = X509_STORE_CTX_get0_param(context.get());
  // OpenSSL holds the last second of a validity to be past it (RFC 5280, section 4.1.2.5, does not): times are checked below.
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  X509_VERIFY_PARAM_set_depth(rules, 16);
  if (X509_verify_cert(context.get()) != 1) return fail(Kind::Denied, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
  std::vector<Certificate> out;
  const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(context.get());
  for (int each = 0; each < sk_X509_num(chain); ++each) {
    X509* const link = sk_X509_value(chain, each);
    X509_up_ref(link);
    out.push_back(Certificate(std::shared_ptr<void>(link, [](void* one) { X509_free(static_cast<X509*>(one)); })));
    if (!out.back().validity().holds(at)) return fail(Kind::Denied, fmt::format("{} was not valid at {}", each == 0 ? "the certificate" : "an authority in the chain", at.str()));
    const bool restricted = (X509_get_extension_flags(link) & EXFLAG_XKUSAGE) != 0;
    const auto usage = X509_get_extended_key_usage(link);
    if ((each == 0 || restricted) && (!restricted || (usage & (XKU_CODE_SIGN | (each == 0 ? 0U : XKU_ANYEKU))) == 0)) return fail(Kind::Denied, each == 0 ? "the certificate is not for code signing" : "an authority in the chain is not for code signing");
  }
  return out;
}

Done check_certificate_timestamps(const Certificate& certificate, const Certificate& issuer, const std::vector<TransparencyLog>& logs) {
  TRY_ASSIGN(const auto timestamps, certificate.timestamps());
  if (timestamps.empty()) return fail(Kind::Denied, "the certificate has no timestamp of a certificate log");
  std::string why;
  for (const CertificateTimestamp& each : timestamps) {
    const TransparencyLog* const log = find_log(logs, each.log_id);
    if (log == nullptr) {
      why = "the certificate's timestamp is of a log that is not trusted";
      continue;
    }
    if (!log->valid_for.holds(each.time())) {
      why = "the certificate's timestamp is of a time at which its log was not trusted";
      continue;
    }
    TRY_ASSIGN(const std::string form, certificate.logged_form(issuer, each));
    TRY_ASSIGN(const VerifyingKey key, VerifyingKey::from_der(log->key));
    if (key.verify(form, each.signature)) return {};
    why = "the certificate's timestamp is not signed by its log";
  }
  return fail(Kind::Denied, why);
}

}  // namespace ashlar::trust
