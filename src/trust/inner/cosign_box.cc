#include "trust/inner/cosign_box.h"

#include <array>

#include <nlohmann/json.hpp>
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <sodium.h>

#include "base/json.h"
#include "trust/inner/openssl.h"

namespace ashlar::trust {
namespace {

/// What the password's key is made with (RFC 7914).
struct Scrypt {
  std::int64_t n = 65536, r = 8, p = 1;
};
constexpr std::array<std::int64_t, 3> allowed_n = {1 << 15, 1 << 16, 1 << 17};
constexpr std::uint64_t max_memory = std::uint64_t{160} << 20;  // the largest allowed takes 128 MiB and a little
constexpr size_t salt_size = 32, max_salt = 1024;

Result<Secret> derive(std::string_view password, const Bytes& salt, const Scrypt& scrypt) {
  const Owned<EVP_KDF, EVP_KDF_free> kdf(EVP_KDF_fetch(nullptr, "SCRYPT", nullptr));
  const Owned<EVP_KDF_CTX, EVP_KDF_CTX_free> context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  if (!context) return fail(Kind::Unavailable, "this OpenSSL has no scrypt");
  std::uint64_t n = static_cast<std::uint64_t>(scrypt.n), memory = max_memory;
  std::uint32_t r = static_cast<std::uint32_t>(scrypt.r), p = static_cast<std::uint32_t>(scrypt.p);
  char nothing = 0;
  void* const text = password.empty() ? &nothing : const_cast<char*>(password.data());  // OpenSSL takes no null here, and writes to none
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, text, password.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, const_cast<std::uint8_t*>(salt.data()), salt.size()),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end(),
  };
  Secret key(crypto_secretbox_KEYBYTES);
  if (EVP_KDF_derive(context.get(), key.data(), key.size(), parameters) != 1) return fail(Kind::Unavailable, "scrypt does not get the memory that it needs");
  return key;
}

Result<Json> member(const Json& json, std::string_view key) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_object()) return fail(Kind::Corrupt, "it has no object '" + std::string(key) + "'");
  return *found;
}

Result<Bytes> bytes_in(const Json& json, std::string_view key) {
  TRY_ASSIGN(const std::string text, get_string(json, key));
  return from_base64(text);
}

Result<Scrypt> read_scrypt(const Json& kdf) {
  TRY_ASSIGN(const Json parameters, member(kdf, "params"));
  Scrypt out;
  TRY_ASSIGN(out.n, get_integer(parameters, "N"));
  TRY_ASSIGN(out.r, get_integer(parameters, "r"));
  TRY_ASSIGN(out.p, get_integer(parameters, "p"));
  if (std::ranges::find(allowed_n, out.n) == allowed_n.end() || out.r != 8 || out.p != 1) return fail(Kind::Invalid, "it asks for more work than a key of cosign does (scrypt N 32768, 65536 or 131072, r 8, p 1)");
  return out;
}

}  // namespace

Result<Secret> open_box(std::string_view text, std::string_view password) {
  TRY_ASSIGN(const Json json, parse_json(text, "private key"));
  if (!json.is_object()) return fail(Kind::Corrupt, "what it holds is no object of JSON");
  TRY_ASSIGN(const Json kdf, member(json, "kdf"));
  TRY_ASSIGN(const Json cipher, member(json, "cipher"));
  TRY_ASSIGN(const std::string kdf_name, get_string(kdf, "name"));
  TRY_ASSIGN(const std::string cipher_name, get_string(cipher, "name"));
  if (kdf_name != "scrypt" || cipher_name != "nacl/secretbox") return fail(Kind::Invalid, "it is encrypted otherwise than with scrypt and nacl/secretbox");
  TRY_ASSIGN(const Scrypt scrypt, read_scrypt(kdf));
  TRY_ASSIGN(const Bytes salt, bytes_in(kdf, "salt"));
  TRY_ASSIGN(const Bytes nonce, bytes_in(cipher, "nonce"));
  TRY_ASSIGN(const Bytes sealed, bytes_in(json, "ciphertext"));
  if (salt.size() > max_salt || nonce.size() != crypto_secretbox_NONCEBYTES || sealed.size() < crypto_secretbox_MACBYTES) return fail(Kind::Corrupt, "its salt, nonce or text has another length");
  TRY_ASSIGN(const Secret key, derive(password, salt, scrypt));
  Secret out(sealed.size() - crypto_secretbox_MACBYTES);
  if (crypto_secretbox_open_easy(out.data(), sealed.data(), sealed.size(), nonce.data(), key.data()) != 0) return fail(Kind::Denied, "the password does not open it");
  return out;
}

Result<std::string> seal_box(const Secret& content, std::string_view password) {
  Bytes salt(salt_size), nonce(crypto_secretbox_NONCEBYTES), sealed(content.size() + crypto_secretbox_MACBYTES);
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1 || RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1) return fail(Kind::Unavailable, "the machine has no random numbers");
  const Scrypt scrypt;
  TRY_ASSIGN(const Secret key, derive(password, salt, scrypt));
  crypto_secretbox_easy(sealed.data(), content.data(), content.size(), nonce.data(), key.data());
  return to_compact(Json{{"kdf", {{"name", "scrypt"}, {"params", {{"N", scrypt.n}, {"r", scrypt.r}, {"p", scrypt.p}}}, {"salt", to_base64(salt)}}},
                         {"cipher", {{"name", "nacl/secretbox"}, {"nonce", to_base64(nonce)}}},
                         {"ciphertext", to_base64(sealed)}});
}

}  // namespace ashlar::trust
