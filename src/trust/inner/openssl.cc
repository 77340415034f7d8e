#include "trust/inner/openssl.h"

#include <fmt/format.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace ashlar::trust {
namespace {

constexpr int min_rsa_bits = 2048, max_rsa_bits = 16384;  // a larger one is work for whoever verifies

}  // namespace

std::shared_ptr<void> owned(EVP_PKEY* key) { return {key, [](void* each) { EVP_PKEY_free(static_cast<EVP_PKEY*>(each)); }}; }

Bio reading(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string_view written(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

std::string der_of(const EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  std::string out(reinterpret_cast<const char*>(der), size > 0 ? static_cast<size_t>(size) : 0);
  OPENSSL_free(der);
  return out;
}

Result<std::shared_ptr<void>> key_of(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  EVP_PKEY* const key = d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()));
  if (key == nullptr) return fail(Kind::Invalid, "it is no DER public key");
  auto held = owned(key);
  if (at != bytes_of(der) + der.size()) return fail(Kind::Invalid, "there are bytes behind it");
  return held;
}

int no_password(char*, int, int, void*) { return -1; }

bool verifies(EVP_PKEY* key, const EVP_MD* hash, bool pss, std::string_view message, std::string_view signature) {
  const Context context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* settings = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &settings, hash, nullptr, key) != 1) return false;
  if (pss && (EVP_PKEY_CTX_set_rsa_padding(settings, RSA_PKCS1_PSS_PADDING) != 1 || EVP_PKEY_CTX_set_rsa_mgf1_md(settings, hash) != 1 || EVP_PKEY_CTX_set_rsa_pss_saltlen(settings, RSA_PSS_SALTLEN_AUTO) != 1)) return false;
  return EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

bool is_sound_rsa(const EVP_PKEY* key) { return EVP_PKEY_get_bits(key) >= min_rsa_bits && EVP_PKEY_get_bits(key) <= max_rsa_bits; }

std::string curve_of(const EVP_PKEY* key) {
  char group[64] = {};
  size_t size = 0;
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC || EVP_PKEY_get_group_name(key, group, sizeof group, &size) != 1) return {};
  return {group, size};
}

Result<Algorithm> algorithm_of(EVP_PKEY* key) {
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_ED25519) return Algorithm::Ed25519;
  if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) {
    if (!is_sound_rsa(key)) return fail(Kind::Invalid, fmt::format("it is an RSA key of {} bits: {} to {} are taken", EVP_PKEY_get_bits(key), min_rsa_bits, max_rsa_bits));
    return Algorithm::Rsa;
  }
  if (type == EVP_PKEY_EC) {
    const std::string name = curve_of(key);
    if (name == "prime256v1") return Algorithm::EcdsaP256;
    if (name == "secp384r1") return Algorithm::EcdsaP384;
    return fail(Kind::Invalid, fmt::format("it is an ECDSA key on '{}': P-256 and P-384 are supported", name.empty() ? "a curve without a name" : name));
  }
  const char* const name = EVP_PKEY_get0_type_name(key);
  return fail(Kind::Invalid, fmt::format("it is a key of '{}': ECDSA, Ed25519 and RSA are supported", name == nullptr ? "an algorithm without a name" : name));
}

const EVP_MD* hash_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::Ed25519: return nullptr;
    case Algorithm::EcdsaP384: return EVP_sha384();
    case Algorithm::EcdsaP256:
    case Algorithm::Rsa: return EVP_sha256();
  }
  return nullptr;
}

}  // namespace ashlar::trust
