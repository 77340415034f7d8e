#include "trust/inner/verifying_key.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <vector>

namespace ashlar::trust {
namespace {

struct HashRow {
  HashName hash;
  std::string_view rekor, protobuf;
  const EVP_MD* (*algorithm)();
};
constexpr std::array<HashRow, 3> hashes = {{
    {HashName::Sha256, "sha256", "SHA2_256", EVP_sha256},
    {HashName::Sha384, "sha384", "SHA2_384", EVP_sha384},
    {HashName::Sha512, "sha512", "SHA2_512", EVP_sha512},
}};

const EVP_MD* algorithm_of(HashName hash) { return hashes[static_cast<size_t>(hash)].algorithm(); }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

std::string group_of(const EVP_PKEY* key) {
  char group[32] = {};
  size_t size = 0;
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_group_name(key, group, sizeof group, &size) != 1) return {};
  return {group, size};
}

/// The hashes that signatures of this key may be made with, the proper one first; none: the key is of no kind that we know.
std::vector<HashName> hashes_of(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 16384 ? std::vector{HashName::Sha256} : std::vector<HashName>();
  const std::string group = group_of(key);
  if (group == "prime256v1") return {HashName::Sha256};
  if (group == "secp384r1") return {HashName::Sha384, HashName::Sha256};
  if (group == "secp521r1") return {HashName::Sha512, HashName::Sha256};
  return {};
}

bool is_ed25519(const EVP_PKEY* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519; }

bool verify_with(EVP_PKEY* key, const EVP_MD* hash, std::string_view message, std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  return EVP_DigestVerifyInit(context.get(), nullptr, hash, nullptr, key) == 1 && EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

}  // namespace

Result<HashName> parse_hash_name(std::string_view name) {
  for (const HashRow& each : hashes) {
    if (name == each.rekor || name == each.protobuf) return each.hash;
  }
  return fail(Kind::Invalid, "the hash is neither SHA-256, SHA-384 nor SHA-512");
}

std::string hash_of(HashName hash, std::string_view bytes) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size, algorithm_of(hash), nullptr);
  out.resize(size);
  return out;
}

Result<VerifyingKey> VerifyingKey::adopt(void* key) {
  if (key == nullptr) return fail(Kind::Invalid, "it is no public key");
  std::shared_ptr<void> held(key, [](void* each) { EVP_PKEY_free(static_cast<EVP_PKEY*>(each)); });
  if (!is_ed25519(raw(held)) && hashes_of(raw(held)).empty()) return fail(Kind::Invalid, "the key is neither ECDSA over P-256, P-384 or P-521, Ed25519, nor RSA of 2048 bits and more");
  return VerifyingKey(std::move(held));
}

Result<VerifyingKey> VerifyingKey::from_der(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  EVP_PKEY* const key = d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()));
  auto out = adopt(key);
  if (out && at != bytes_of(der) + der.size()) return fail(Kind::Invalid, "there is more than a public key");
  return out;
}

Result<VerifyingKey> VerifyingKey::from_rsa_der(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  return adopt(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
}

Result<VerifyingKey> VerifyingKey::from_pem(std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return adopt(PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr));
}

bool VerifyingKey::verify(std::string_view message, std::string_view signature) const {
  if (is_ed25519(raw(key_))) return verify_with(raw(key_), nullptr, message, signature);
  for (const HashName each : hashes_of(raw(key_))) {
    if (verify_with(raw(key_), algorithm_of(each), message, signature)) return true;
  }
  return false;
}

bool VerifyingKey::verify_hashed(HashName hash, std::string_view digest, std::string_view signature) const {
  bool fits = false;
  for (const HashName each : hashes_of(raw(key_))) fits = fits || each == hash;
  if (!fits || digest.size() != static_cast<size_t>(EVP_MD_get_size(algorithm_of(hash)))) return false;
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(EVP_PKEY_CTX_new(raw(key_), nullptr), EVP_PKEY_CTX_free);
  return context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 && EVP_PKEY_CTX_set_signature_md(context.get(), algorithm_of(hash)) == 1 &&
         EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(), bytes_of(digest), digest.size()) == 1;
}

bool VerifyingKey::hashes_by_itself() const { return is_ed25519(raw(key_)); }

std::string VerifyingKey::der() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(raw(key_), &der);
  std::string out(reinterpret_cast<const char*>(der), size > 0 ? static_cast<size_t>(size) : 0);
  OPENSSL_free(der);
  return out;
}

}  // namespace ashlar::trust
