#include "trust/inner/openssl.h"

#include <fmt/format.h>

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

Result<Algorithm> algorithm_of(EVP_PKEY* key) {
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_ED25519) return Algorithm::Ed25519;
  if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) {
    const int bits = EVP_PKEY_get_bits(key);
    if (bits < min_rsa_bits || bits > max_rsa_bits) return fail(Kind::Invalid, fmt::format("it is an RSA key of {} bits: {} to {} are taken", bits, min_rsa_bits, max_rsa_bits));
    return Algorithm::Rsa;
  }
  if (type == EVP_PKEY_EC) {
    char group[64] = {};
    size_t size = 0;
    const std::string_view name = EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 ? std::string_view(group, size) : "a curve without a name";
    if (name == "prime256v1") return Algorithm::EcdsaP256;
    if (name == "secp384r1") return Algorithm::EcdsaP384;
    return fail(Kind::Invalid, fmt::format("it is an ECDSA key on '{}': P-256 and P-384 are supported", name));
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
