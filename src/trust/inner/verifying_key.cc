#include "trust/inner/verifying_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <vector>

#include "trust/inner/openssl.h"

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

const EVP_MD* method_of(HashName hash) { return hashes[static_cast<size_t>(hash)].algorithm(); }

/// The hashes that signatures of this key may be made with, the proper one first; none: the key is of no kind that we know.
std::vector<HashName> hashes_of(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return is_sound_rsa(key) ? std::vector{HashName::Sha256} : std::vector<HashName>();
  const std::string group = curve_of(key);
  if (group == "prime256v1") return {HashName::Sha256};
  if (group == "secp384r1") return {HashName::Sha384, HashName::Sha256};
  if (group == "secp521r1") return {HashName::Sha512, HashName::Sha256};
  return {};
}

bool is_ed25519(const EVP_PKEY* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519; }

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
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size, method_of(hash), nullptr);
  out.resize(size);
  return out;
}

Result<VerifyingKey> VerifyingKey::of(std::shared_ptr<void> key) {
  if (key == nullptr) return fail(Kind::Invalid, "it is no public key");
  if (!is_ed25519(raw(key)) && hashes_of(raw(key)).empty()) return fail(Kind::Invalid, "the key is neither ECDSA over P-256, P-384 or P-521, Ed25519, nor RSA of 2048 bits and more");
  return VerifyingKey(std::move(key));
}

Result<VerifyingKey> VerifyingKey::from_der(std::string_view der) { return of(key_of(der).value_or(nullptr)); }

Result<VerifyingKey> VerifyingKey::from_rsa_der(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  return of(owned(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size()))));
}

Result<VerifyingKey> VerifyingKey::from_pem(std::string_view pem) { return of(owned(PEM_read_bio_PUBKEY(reading(pem).get(), nullptr, no_password, nullptr))); }

bool VerifyingKey::verify(std::string_view message, std::string_view signature) const {
  if (is_ed25519(raw(key_))) return verifies(raw(key_), nullptr, false, message, signature);
  for (const HashName each : hashes_of(raw(key_))) {
    if (verifies(raw(key_), method_of(each), false, message, signature)) return true;
  }
  return false;
}

bool VerifyingKey::verify_hashed(HashName hash, std::string_view digest, std::string_view signature) const {
  bool fits = false;
  for (const HashName each : hashes_of(raw(key_))) fits = fits || each == hash;
  if (!fits || digest.size() != static_cast<size_t>(EVP_MD_get_size(method_of(hash)))) return false;
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new(raw(key_), nullptr));
  return context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 && EVP_PKEY_CTX_set_signature_md(context.get(), method_of(hash)) == 1 &&
         EVP_PKEY_verify(context.get(), bytes_of(signature), signature.size(), bytes_of(digest), digest.size()) == 1;
}

bool VerifyingKey::hashes_by_itself() const { return is_ed25519(raw(key_)); }

std::string VerifyingKey::der() const { return der_of(raw(key_)); }

}  // namespace ashlar::trust
