#include "trust/pkcs11.h"

#include <mutex>

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include "base/text.h"
#include "trust/inner/token.h"

namespace ashlar::trust {
namespace {

constexpr std::string_view scheme = "pkcs11:";

/// What an octet string in DER holds; tokens of some vendors leave the string away.
BytesView unwrapped(BytesView der) {
  const unsigned char* at = der.data();
  long size = 0;
  int tag = 0, type = 0;
  if (!der.empty() && (ASN1_get_object(&at, &size, &tag, &type, static_cast<long>(der.size())) & 0x80) == 0 && tag == V_ASN1_OCTET_STRING && at + size == der.data() + der.size()) return {at, static_cast<size_t>(size)};
  return der;
}

/// SubjectPublicKeyInfo of a point, by the curve that CKA_EC_PARAMS names: an object identifier, or the name of an Edwards curve.
Result<PublicKey> key_of_point(BytesView parameters, BytesView point) {
  constexpr std::string_view edwards_name = "edwards25519";
  const unsigned char* at = parameters.data();
  const Owned<ASN1_OBJECT, ASN1_OBJECT_free> curve(d2i_ASN1_OBJECT(nullptr, &at, static_cast<long>(parameters.size())));
  const bool edwards = (curve && OBJ_obj2nid(curve.get()) == NID_ED25519) || as_text(parameters).ends_with(edwards_name);
  const BytesView inside = unwrapped(point);
  if (edwards) {
    const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, inside.data(), inside.size()));
    const Bio out(BIO_new(BIO_s_mem()));
    if (!key || i2d_PUBKEY_bio(out.get(), key.get()) != 1) return cannot(Kind::Invalid, "read public key", "the token gives no point of Ed25519");
    return PublicKey::from_der(as_bytes(written(out.get())));
  }
  Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_PKEY_new());
  const Owned<EC_GROUP, EC_GROUP_free> group(curve ? EC_GROUP_new_by_curve_name(OBJ_obj2nid(curve.get())) : nullptr);
  const Owned<X509_PUBKEY, X509_PUBKEY_free> info(group ? X509_PUBKEY_new() : nullptr);
  if (!info) return cannot(Kind::Invalid, "read public key", "the token's key lies on no curve that has a name");
  auto* const copy = static_cast<unsigned char*>(OPENSSL_memdup(inside.data(), inside.size()));
  X509_PUBKEY_set0_param(info.get(), OBJ_nid2obj(NID_X9_62_id_ecPublicKey), V_ASN1_OBJECT, OBJ_dup(curve.get()), copy, static_cast<int>(inside.size()));
  unsigned char* der = nullptr;
  const int size = i2d_X509_PUBKEY(info.get(), &der);
  auto out = PublicKey::from_der({der, static_cast<size_t>(std::max(size, 0))});
  OPENSSL_free(der);
  return out;
}

Result<PublicKey> key_of_modulus(const Bytes& modulus, const Bytes& exponent) {
  const Owned<BIGNUM, BN_free> n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr)), e(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) == 1) EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get());
  const Owned<EVP_PKEY, EVP_PKEY_free> key(made);
  const Bio out(BIO_new(BIO_s_mem()));
  if (!key || i2d_PUBKEY_bio(out.get(), key.get()) != 1) return cannot(Kind::Invalid, "read public key", "the token gives no key of RSA");
  return PublicKey::from_der(as_bytes(written(out.get())));
}

Result<PublicKey> key_of_certificate(BytesView der) {
  const unsigned char* at = der.data();
  const Owned<X509, X509_free> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  unsigned char* key = nullptr;
  const int size = certificate ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate.get()), &key) : 0;
  if (size <= 0) return cannot(Kind::Invalid, "read public key", "the token's certificate does not read");
  auto out = PublicKey::from_der({key, static_cast<size_t>(size)});
  OPENSSL_free(key);
  return out;
}

/// What a public key, a private key or a certificate of a token says of the public half; none: nothing.
std::optional<Result<PublicKey>> public_half(Session& session, CK_OBJECT_HANDLE object) {
  if (const auto info = session.attribute(object, CKA_PUBLIC_KEY_INFO); info && !info->empty()) return PublicKey::from_der(*info);
  const auto parameters = session.attribute(object, CKA_EC_PARAMS), point = session.attribute(object, CKA_EC_POINT);
  if (parameters && point && !point->empty()) return key_of_point(*parameters, *point);
  const auto modulus = session.attribute(object, CKA_MODULUS), exponent = session.attribute(object, CKA_PUBLIC_EXPONENT);
  if (modulus && exponent && !modulus->empty() && !exponent->empty()) return key_of_modulus(*modulus, *exponent);
  return std::nullopt;
}

/// The public half of what lies beside the key under the same identifier, or is named as the URI says.
Result<std::optional<PublicKey>> find_public(Session& session, const CK_ATTRIBUTE* attributes, CK_ULONG count) {
  for (const CK_OBJECT_CLASS type : {CKO_PUBLIC_KEY, CKO_CERTIFICATE}) {
    TRY_ASSIGN(const auto objects, session.find(type, attributes, count));
    if (objects.size() > 1) return cannot(Kind::Conflict, fmt::format("find the public key in token '{}'", session.token()), "the URI means several: add id=");
    if (objects.empty()) continue;
    if (type == CKO_CERTIFICATE) {
      TRY_ASSIGN(PublicKey key, key_of_certificate(session.attribute(objects.front(), CKA_VALUE).value_or(Bytes())));
      return key;
    }
    if (auto key = public_half(session, objects.front())) {
      TRY_ASSIGN(PublicKey found, std::move(*key));
      return found;
    }
  }
  return std::nullopt;
}

std::string hex_of(const std::optional<Bytes>& bytes) { return bytes ? to_hex(*bytes) : "none"; }

/// The keys there are, for who has named another.
std::string names_of(Session& session, const std::vector<CK_OBJECT_HANDLE>& keys) {
  std::vector<std::string> names;
  for (const CK_OBJECT_HANDLE each : keys) names.push_back(fmt::format("'{}' (id {})", visible(as_text(session.attribute(each, CKA_LABEL).value_or(Bytes()))), hex_of(session.attribute(each, CKA_ID))));
  return names.empty() ? "the token has none" : "those there are: " + join(names, ", ");
}

class KeyInToken final : public Signer {
 public:
  KeyInToken(std::unique_ptr<Session> session, CK_OBJECT_HANDLE key, PublicKey open, std::optional<Secret> pin)
      : session_(std::move(session)), key_(key), open_(std::move(open)), pin_(std::move(pin)) {}

  Result<std::string> sign(std::string_view message) const override {
    const std::lock_guard lock(mutex_);  // a session does one thing at a time
    const Secret* const pin = pin_ ? &*pin_ : nullptr;
    if (open_.algorithm() == Algorithm::Ed25519) return session_->sign(key_, CKM_EDDSA, as_bytes(message), pin);
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (EVP_Digest(message.data(), message.size(), hash, &size, hash_of(open_.algorithm()), nullptr) != 1) return cannot(Kind::Unavailable, "sign", "the message is not hashed by OpenSSL");
    TRY_ASSIGN(const std::string pair, session_->sign(key_, CKM_ECDSA, {hash, size}, pin));
    return der_of(pair);
  }
  const PublicKey& public_key() const override { return open_; }
  Result<Secret> der() const override { return cannot(Kind::Denied, "write the key", fmt::format("it does not leave token '{}'", session_->token())); }

 private:
  /// r and s as X.509 has them; a token gives them one behind the other.
  static Result<std::string> der_of(std::string_view pair) {
    const auto half = static_cast<int>(pair.size() / 2);
    const Owned<ECDSA_SIG, ECDSA_SIG_free> signature(ECDSA_SIG_new());
    BIGNUM* const r = BN_bin2bn(bytes_of(pair), half, nullptr);
    BIGNUM* const s = BN_bin2bn(bytes_of(pair) + half, half, nullptr);
    if (pair.empty() || pair.size() % 2 != 0 || ECDSA_SIG_set0(signature.get(), r, s) != 1) {
      BN_free(r);
      BN_free(s);
      return cannot(Kind::Unavailable, "sign", "the token gives no signature of ECDSA");
    }
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    std::string out(reinterpret_cast<char*>(der), static_cast<size_t>(std::max(size, 0)));
    OPENSSL_free(der);
    return out;
  }

  mutable std::mutex mutex_;
  std::unique_ptr<Session> session_;
  CK_OBJECT_HANDLE key_;
  PublicKey open_;
  std::optional<Secret> pin_;  // of a key that asks for it each time
};

struct Opened {
  TokenUri uri;
  std::unique_ptr<Session> session;
};

Result<Opened> open_session(std::string_view text, const TokenOptions& options) {
  TRY_ASSIGN(TokenUri uri, TokenUri::parse(text));
  TRY_ASSIGN(auto modules, Modules::load(uri.module_path().empty() ? options.module : uri.module_path()));
  TRY_ASSIGN(auto session, Session::open(std::move(modules), uri));
  return Opened{std::move(uri), std::move(session)};
}

Result<Secret> pin_for(const Opened& opened, const TokenOptions& options) {
  if (const char* const value = opened.uri.pin_value()) return Secret::copy_of(value);
  if (opened.session->has_pin_pad()) return Secret();
  if (!options.pin) return cannot(Kind::Invalid, fmt::format("log in to token '{}'", opened.session->token()), "no PIN is given");
  return options.pin(opened.session->token(), opened.uri.pin_source());
}

}  // namespace

bool is_token_uri(std::string_view reference) { return reference.starts_with(scheme); }

Result<PrivateKey> open_token_key(std::string_view text, const TokenOptions& options) {
  TRY_ASSIGN(Opened opened, open_session(text, options));
  Session& session = *opened.session;
  const std::string what = fmt::format("find the private key in token '{}'", session.token());
  std::optional<Secret> pin;
  if (session.wants_login()) {
    TRY_ASSIGN(pin, pin_for(opened, options));
    TRY(session.login(*pin));
  }
  CK_ULONG count = 0;
  const CK_ATTRIBUTE* const attributes = p11_kit_uri_get_attributes(opened.uri.get(), &count);
  TRY_ASSIGN(const auto keys, session.find(CKO_PRIVATE_KEY, attributes, count));
  if (keys.size() > 1) return cannot(Kind::Conflict, what, "the URI means several: add object= or id=; " + names_of(session, keys));
  if (keys.empty()) {
    TRY_ASSIGN(const auto all, session.find(CKO_PRIVATE_KEY, nullptr, 0));
    return cannot(Kind::NotFound, what, "none is so named; " + names_of(session, all));
  }
  const CK_OBJECT_HANDLE key = keys.front();
  // The public half goes by the private key's identifier; where that has none, by the URI.
  auto id = session.attribute(key, CKA_ID);
  const CK_ATTRIBUTE by_id{CKA_ID, id ? id->data() : nullptr, id ? static_cast<CK_ULONG>(id->size()) : 0};
  const bool has_id = id && !id->empty();
  TRY_ASSIGN(auto open, find_public(session, has_id ? &by_id : attributes, has_id ? 1 : count));
  if (!open) {
    if (auto half = public_half(session, key)) {
      TRY_ASSIGN(open, std::move(*half));
    }
  }
  if (!open) return cannot(Kind::NotFound, what, "there is neither a public key nor a certificate beside it, and it does not tell its own");
  if (open->algorithm() == Algorithm::Rsa) return cannot(Kind::Invalid, what, "it is an RSA key: those are read for verifying alone");
  const auto always = session.attribute(key, CKA_ALWAYS_AUTHENTICATE);
  if (!always || always->empty() || always->front() == CK_FALSE) pin.reset();
  return PrivateKey(std::make_shared<KeyInToken>(std::move(opened.session), key, std::move(*open), std::move(pin)));
}

Result<PublicKey> read_token_key(std::string_view text, const TokenOptions& options) {
  TRY_ASSIGN(Opened opened, open_session(text, options));
  CK_ULONG count = 0;
  const CK_ATTRIBUTE* const attributes = p11_kit_uri_get_attributes(opened.uri.get(), &count);
  TRY_ASSIGN(auto open, find_public(*opened.session, attributes, count));
  if (open) return std::move(*open);
  // A wrong PIN counts against the token: it is given only to one that shows nothing without.
  for (const CK_OBJECT_CLASS type : {CKO_PUBLIC_KEY, CKO_CERTIFICATE}) {
    TRY_ASSIGN(const auto others, opened.session->find(type, nullptr, 0));
    if (!others.empty()) return cannot(Kind::NotFound, fmt::format("find the public key in token '{}'", opened.session->token()), "none is so named; " + names_of(*opened.session, others));
  }
  opened.session.reset();
  TRY_ASSIGN(const PrivateKey key, open_token_key(text, options));  // with its PIN
  return key.public_key();
}

}  // namespace ashlar::trust
