#include "trust/key.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include "trust/inner/key_files.h"
#include "trust/inner/openssl.h"

namespace ashlar::trust {
namespace {

constexpr std::array<std::string_view, 4> names = {"ecdsa-p256", "ecdsa-p384", "ed25519", "rsa"};

/// Ed25519ph (RFC 8032, section 5.1), which OpenSSL 3.0 lacks.
bool verifies_prehashed(EVP_PKEY* key, std::string_view message, std::string_view signature) {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> point{};
  size_t size = point.size();
  if (signature.size() != crypto_sign_BYTES || EVP_PKEY_get_raw_public_key(key, point.data(), &size) != 1 || size != point.size()) return false;
  crypto_sign_ed25519ph_state state;
  crypto_sign_ed25519ph_init(&state);
  crypto_sign_ed25519ph_update(&state, bytes_of(message), message.size());
  return crypto_sign_ed25519ph_final_verify(&state, bytes_of(signature), point.data()) == 0;
}

class KeyInMemory final : public Signer {
 public:
  KeyInMemory(std::shared_ptr<void> key, PublicKey open) : key_(std::move(key)), open_(std::move(open)) {}

  Result<std::string> sign(std::string_view message) const override {
    const Context context(EVP_MD_CTX_new());
    size_t size = 0;
    if (EVP_DigestSignInit(context.get(), nullptr, hash_of(open_.algorithm()), nullptr, raw(key_)) != 1 || EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1)
      return cannot(Kind::Invalid, "sign", "the key does not sign");
    std::string out(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(message), message.size()) != 1) return cannot(Kind::Invalid, "sign", "the key does not sign");
    out.resize(size);
    return out;
  }
  const PublicKey& public_key() const override { return open_; }
  Result<Secret> der() const override {
    const Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free> info(EVP_PKEY2PKCS8(raw(key_)));
    unsigned char* out = nullptr;
    const int size = info ? i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out) : 0;
    if (size <= 0) return fail(Kind::Unavailable, "the library cannot write it");
    Secret der = Secret::copy_of({reinterpret_cast<const char*>(out), static_cast<size_t>(size)});
    OPENSSL_clear_free(out, static_cast<size_t>(size));
    return der;
  }

 private:
  std::shared_ptr<void> key_;  // an EVP_PKEY, which wipes itself
  PublicKey open_;
};

/// The public half by itself, so that no copy of it reaches the private one.
std::shared_ptr<void> public_half(const EVP_PKEY* key) { return key_of(der_of(key)).value_or(nullptr); }

}  // namespace

std::string_view to_string(Algorithm algorithm) { return names[static_cast<size_t>(algorithm)]; }

Result<Algorithm> signing_algorithm(std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end() || name == to_string(Algorithm::Rsa)) return fail(Kind::Invalid, fmt::format("'{}' is none of ecdsa-p256, ecdsa-p384 and ed25519", name));
  return static_cast<Algorithm>(found - names.begin());
}

Result<PublicKey> PublicKey::of(std::shared_ptr<void> key) {
  const auto algorithm = algorithm_of(raw(key));
  if (!algorithm) return cannot(Kind::Invalid, "read public key", algorithm.error().message);
  return PublicKey(std::move(key), *algorithm);
}

Result<PublicKey> PublicKey::parse(std::string_view pem) {
  EVP_PKEY* key = PEM_read_bio_PUBKEY(reading(pem).get(), nullptr, no_password, nullptr);
  if (key == nullptr && pem.find("BEGIN RSA PUBLIC KEY") != std::string_view::npos) {
    char *label = nullptr, *header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(reading(pem).get(), &label, &header, &data, &size) == 1 && std::string_view(label) == "RSA PUBLIC KEY") {
      const unsigned char* at = data;
      key = d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size);
    }
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(data);
  }
  if (key == nullptr && pem.find("BEGIN CERTIFICATE") != std::string_view::npos) return cannot(Kind::Invalid, "read public key", "it is a certificate: `openssl x509 -pubkey -noout -in FILE` writes its key");
  if (key == nullptr && (pem.starts_with("ssh-") || pem.starts_with("ecdsa-"))) return cannot(Kind::Invalid, "read public key", "it is a key in the form of SSH; of ECDSA `ssh-keygen -e -m PKCS8 -f FILE` writes it as PEM");
  if (key == nullptr) return cannot(Kind::Invalid, "read public key", "it is no PEM public key");
  return of(owned(key));
}

Result<PublicKey> PublicKey::from_der(BytesView der) {
  auto key = key_of(as_text(der));
  if (!key) return cannot("read public key", std::move(key).error());
  return of(std::move(*key));
}

Done PublicKey::verify(std::string_view message, std::string_view signature) const {
  EVP_PKEY* const key = raw(key_);
  bool good = false;
  switch (algorithm_) {
    case Algorithm::EcdsaP256: good = verifies(key, EVP_sha256(), false, message, signature); break;
    case Algorithm::EcdsaP384: good = verifies(key, EVP_sha384(), false, message, signature) || verifies(key, EVP_sha256(), false, message, signature); break;
    case Algorithm::Ed25519: good = verifies(key, nullptr, false, message, signature) || verifies_prehashed(key, message, signature); break;
    case Algorithm::Rsa: good = verifies(key, EVP_sha256(), false, message, signature) || verifies(key, EVP_sha256(), true, message, signature); break;
  }
  return good ? Done() : fail(Kind::Denied, "the signature is not this key's over these bytes");
}

Bytes PublicKey::der() const {
  const std::string der = der_of(raw(key_));
  return {der.begin(), der.end()};
}

Digest PublicKey::digest() const { return Digest::of(der_of(raw(key_))); }

std::string PublicKey::pem() const {
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(out.get(), raw(key_));
  return std::string(written(out.get()));
}

Result<PrivateKey> PrivateKey::parse(std::string_view pem, std::string_view password) {
  constexpr std::string_view what = "read private key";
  auto key = read_key_file(pem, password);
  if (!key && key.error().kind == Kind::Denied && password.empty()) return cannot(Kind::Denied, what, "it is encrypted: give the password in ASHLAR_KEY_PASSWORD");
  if (!key) return cannot(what, std::move(key).error());
  const auto algorithm = algorithm_of(raw(*key));
  if (!algorithm) return cannot(Kind::Invalid, what, algorithm.error().message);
  if (*algorithm == Algorithm::Rsa) return cannot(Kind::Invalid, what, "it is an RSA key: those are read for verifying alone");
  PublicKey open(public_half(raw(*key)), *algorithm);
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> checking(EVP_PKEY_CTX_new(raw(*key), nullptr));
  // Of a file that was changed the halves may not fit: it would sign what nobody can verify.
  if (!open.key_ || EVP_PKEY_pairwise_check(checking.get()) != 1) return cannot(Kind::Invalid, what, "its public half is not that of its private one");
  return PrivateKey(std::make_shared<KeyInMemory>(std::move(*key), std::move(open)));
}

Result<PrivateKey> PrivateKey::generate(Algorithm algorithm) {
  EVP_PKEY* key = nullptr;
  switch (algorithm) {
    case Algorithm::EcdsaP256: key = EVP_EC_gen("P-256"); break;
    case Algorithm::EcdsaP384: key = EVP_EC_gen("P-384"); break;
    case Algorithm::Ed25519: key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"); break;
    case Algorithm::Rsa: break;
  }
  if (key == nullptr) return cannot(Kind::Invalid, "make a key", fmt::format("no keys are made for '{}'", to_string(algorithm)));
  auto held = owned(key);
  PublicKey open(public_half(key), algorithm);
  return PrivateKey(std::make_shared<KeyInMemory>(std::move(held), std::move(open)));
}

Result<Secret> PrivateKey::to_pkcs8(std::string_view password) const {
  TRY_ASSIGN(const Secret der, signer_->der());
  return write_pkcs8(der, password);
}

Result<Secret> PrivateKey::to_cosign(std::string_view password) const {
  TRY_ASSIGN(const Secret der, signer_->der());
  return write_cosign(der, password);
}

}  // namespace ashlar::trust
