#include "trust/key.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace ashlar::trust {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;
using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

Bio reading(std::string_view text) { return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free}; }

std::shared_ptr<void> owned(EVP_PKEY* key) { return {key, [](void* each) { EVP_PKEY_free(static_cast<EVP_PKEY*>(each)); }}; }

bool is_p256(const EVP_PKEY* key) {
  char group[32] = {};
  size_t size = 0;
  return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 && std::string_view(group, size) == "prime256v1";
}

Done check(const EVP_PKEY* key, std::string_view what) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 || is_p256(key)) return {};
  return cannot(Kind::Invalid, what, "it is neither an Ed25519 nor an ECDSA P-256 key");
}

/// Ed25519 hashes by itself.
const EVP_MD* hash_for(const EVP_PKEY* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256(); }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

int give_password(char* out, int size, int, void* user) {
  const auto& password = *static_cast<const std::string_view*>(user);
  if (password.empty() || password.size() > static_cast<size_t>(size)) return -1;
  password.copy(out, password.size());
  return static_cast<int>(password.size());
}

}  // namespace

Result<PrivateKey> PrivateKey::parse(std::string_view pem, std::string_view password) {
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, give_password, &password);
  if (key == nullptr) {
    const bool locked = pem.find("ENCRYPTED") != std::string_view::npos;
    return cannot(locked ? Kind::Denied : Kind::Invalid, "read private key", !locked ? "it is no PEM private key" : password.empty() ? "it is encrypted: give the password in ASHLAR_KEY_PASSWORD" : "the password does not open it");
  }
  auto held = owned(key);
  TRY(check(key, "read private key"));
  return PrivateKey(std::move(held));
}

Result<std::string> PrivateKey::sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, hash_for(raw(key_)), nullptr, raw(key_)) != 1 || EVP_DigestSign(context.get(), nullptr, &size, bytes_of(message), message.size()) != 1)
    return cannot(Kind::Invalid, "sign", "the key does not sign");
  std::string out(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes_of(message), message.size()) != 1) return cannot(Kind::Invalid, "sign", "the key does not sign");
  out.resize(size);
  return out;
}

std::string PrivateKey::public_pem() const {
  const Bio out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PUBKEY(out.get(), raw(key_));
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<size_t>(size)};
}

Result<PublicKey> PublicKey::parse(std::string_view pem) {
  EVP_PKEY* const key = PEM_read_bio_PUBKEY(reading(pem).get(), nullptr, nullptr, nullptr);
  if (key == nullptr) return cannot(Kind::Invalid, "read public key", "it is no PEM public key");
  auto held = owned(key);
  TRY(check(key, "read public key"));
  return PublicKey(std::move(held));
}

Done PublicKey::verify(std::string_view message, std::string_view signature) const {
  const Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, hash_for(raw(key_)), nullptr, raw(key_)) == 1 &&
                    EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
  return good ? Done() : fail(Kind::Denied, "the signature is not this key's over these bytes");
}

Digest PublicKey::digest() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(raw(key_), &der);
  const Digest out = Digest::of(BytesView(der, size > 0 ? static_cast<size_t>(size) : 0));
  OPENSSL_free(der);
  return out;
}

}  // namespace ashlar::trust
