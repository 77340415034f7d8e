#include "trust/inner/key_files.h"

#include <array>

#include <openssl/asn1t.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "trust/inner/cosign_box.h"
#include "trust/inner/openssl.h"

namespace ashlar::trust {
namespace {

constexpr size_t max_file = 1 << 20;
constexpr long max_rounds = 10'000'000;              // of a hash, some seconds
constexpr std::uint64_t max_scrypt_work = 1 << 22;   // N * r * p; openssl pkcs8 -scrypt takes 2^17
constexpr int written_rounds = 600'000;
constexpr std::string_view sigstore_label = "ENCRYPTED SIGSTORE PRIVATE KEY", cosign_label = "ENCRYPTED COSIGN PRIVATE KEY";
constexpr std::string_view no_key = "it is no PEM private key", other_password = "the password does not open it";

using Info = Owned<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;  // wipes the key
using Locked = Owned<X509_SIG, X509_SIG_free>;

/// A block of PEM; its content is wiped.
struct Block {
  std::string label, header;
  Secret content;
};

/// The first block whose label ends so.
Result<Block> find_block(std::string_view pem, std::string_view ending) {
  if (pem.size() > max_file) return fail(Kind::Invalid, "it is larger than 1 MiB");
  const Bio in = reading(pem);
  for (;;) {
    char *label = nullptr, *header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(in.get(), &label, &header, &data, &size) != 1) return fail(Kind::Invalid, std::string(no_key));
    Block block{label, header, Secret::copy_of({reinterpret_cast<const char*>(data), static_cast<size_t>(size)})};
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<size_t>(size));
    if (block.label.ends_with(ending)) return block;
  }
}

Result<std::shared_ptr<void>> key_of(const PKCS8_PRIV_KEY_INFO* info) {
  EVP_PKEY* const key = info == nullptr ? nullptr : EVP_PKCS82PKEY(info);
  if (key == nullptr) return fail(Kind::Invalid, std::string(no_key));
  return owned(key);
}

Result<std::shared_ptr<void>> read_plain(const Secret& der) {
  const unsigned char* at = der.data();
  return key_of(Info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size()))).get());
}

template <class T, auto release>
Owned<T, release> unpack(const ASN1_TYPE* parameter, const ASN1_ITEM* item) {
  return Owned<T, release>(static_cast<T*>(parameter == nullptr ? nullptr : ASN1_TYPE_unpack_sequence(item, parameter)));
}

bool few(const ASN1_INTEGER* rounds) {
  std::int64_t count = 0;
  return ASN1_INTEGER_get_int64(&count, rounds) == 1 && count > 0 && count <= max_rounds;
}

/// Whether deriving the key of PBES2 (RFC 8018, section 6.2) or of the older schemes takes a time that somebody would wait for.
bool is_bounded(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* scheme = nullptr;
  int type = 0;
  const void* value = nullptr;
  X509_ALGOR_get0(&scheme, &type, &value, algorithm);
  if (OBJ_obj2nid(scheme) != NID_pbes2) {
    const auto old = unpack<PBEPARAM, PBEPARAM_free>(algorithm->parameter, ASN1_ITEM_rptr(PBEPARAM));
    return old && few(old->iter);
  }
  const auto both = unpack<PBE2PARAM, PBE2PARAM_free>(algorithm->parameter, ASN1_ITEM_rptr(PBE2PARAM));
  if (!both) return false;
  const int derivation = OBJ_obj2nid(both->keyfunc->algorithm);
  if (derivation == NID_id_pbkdf2) {
    const auto rounds = unpack<PBKDF2PARAM, PBKDF2PARAM_free>(both->keyfunc->parameter, ASN1_ITEM_rptr(PBKDF2PARAM));
    return rounds && few(rounds->iter);
  }
  const auto scrypt = unpack<SCRYPT_PARAMS, SCRYPT_PARAMS_free>(both->keyfunc->parameter, ASN1_ITEM_rptr(SCRYPT_PARAMS));
  std::uint64_t n = 0, r = 0, p = 0;
  if (derivation != NID_id_scrypt || !scrypt || ASN1_INTEGER_get_uint64(&n, scrypt->costParameter) != 1 || ASN1_INTEGER_get_uint64(&r, scrypt->blockSize) != 1 || ASN1_INTEGER_get_uint64(&p, scrypt->parallelizationParameter) != 1) return false;
  return n <= max_scrypt_work && r <= max_scrypt_work && p <= max_scrypt_work && n * r <= max_scrypt_work && n * r * p <= max_scrypt_work;
}

Result<std::shared_ptr<void>> read_locked(const Secret& der, std::string_view password) {
  const unsigned char* at = der.data();
  const Locked locked(d2i_X509_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!locked) return fail(Kind::Invalid, std::string(no_key));
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(locked.get(), &algorithm, nullptr);
  if (!is_bounded(algorithm)) return fail(Kind::Invalid, "it is encrypted in a way that is not known, or that takes more than 10 million rounds to open");
  const Info info(PKCS8_decrypt(locked.get(), password.data() == nullptr ? "" : password.data(), static_cast<int>(password.size())));
  if (!info) return fail(Kind::Denied, std::string(other_password));
  auto key = key_of(info.get());
  return key ? key : fail(Kind::Denied, std::string(other_password));  // a wrong password may give something with a good padding
}

int give_password(char* out, int size, int, void* user) {
  const auto& password = *static_cast<const std::string_view*>(user);
  if (password.empty() || password.size() > static_cast<size_t>(size)) return -1;
  password.copy(out, password.size());
  return static_cast<int>(password.size());
}

/// SEC 1, perhaps encrypted by the old way of PEM (RFC 1421), whose derivation is one round of a hash.
Result<std::shared_ptr<void>> read_sec1(Block& block, std::string_view password) {
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(block.header.data(), &cipher) != 1) return fail(Kind::Invalid, std::string(no_key));
  long size = static_cast<long>(block.content.size());
  if (cipher.cipher != nullptr && PEM_do_header(&cipher, block.content.data(), &size, give_password, &password) != 1) return fail(Kind::Denied, std::string(other_password));
  const unsigned char* at = block.content.data();
  EVP_PKEY* const key = d2i_PrivateKey(EVP_PKEY_EC, nullptr, &at, size);
  if (key == nullptr) return cipher.cipher != nullptr ? fail(Kind::Denied, std::string(other_password)) : fail(Kind::Invalid, std::string(no_key));
  return owned(key);
}

Result<Secret> as_pem(const char* label, BytesView content) {
  const Bio out(BIO_new(BIO_s_mem()));
  if (PEM_write_bio(out.get(), label, "", content.data(), static_cast<long>(content.size())) <= 0) return fail(Kind::Unavailable, "there is no memory for it");
  return Secret::copy_of(written(out.get()));
}

}  // namespace

bool is_encrypted(std::string_view pem) {
  const auto block = find_block(pem, "PRIVATE KEY");
  return block && (block->label.starts_with("ENCRYPTED ") || block->header.find("ENCRYPTED") != std::string::npos);
}

Result<std::shared_ptr<void>> read_key_file(std::string_view pem, std::string_view password) {
  TRY_ASSIGN(Block block, find_block(pem, "PRIVATE KEY"));
  if (block.label == "PRIVATE KEY") return read_plain(block.content);
  if (block.label == "ENCRYPTED PRIVATE KEY") return read_locked(block.content, password);
  if (block.label == "EC PRIVATE KEY") return read_sec1(block, password);
  if (block.label == sigstore_label || block.label == cosign_label) {
    TRY_ASSIGN(const Secret der, open_box(block.content.text(), password));
    return read_plain(der);
  }
  if (block.label == "RSA PRIVATE KEY") return fail(Kind::Invalid, "it is an RSA key: those are read for verifying alone");
  return fail(Kind::Invalid, "it is a '" + block.label + "', and not a form that is known (PKCS #8, SEC 1, cosign)");
}

Result<Secret> write_pkcs8(const Secret& der, std::string_view password) {
  if (password.empty()) return as_pem("PRIVATE KEY", der.bytes());
  const unsigned char* at = der.data();
  const Info info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  X509_ALGOR* const scheme = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), written_rounds, nullptr, 16, nullptr, NID_hmacWithSHA256);
  const Locked locked(info && scheme != nullptr ? PKCS8_set0_pbe(password.data(), static_cast<int>(password.size()), info.get(), scheme) : nullptr);
  if (!locked) {
    X509_ALGOR_free(scheme);
    return fail(Kind::Unavailable, "it does not encrypt with OpenSSL");
  }
  unsigned char* out = nullptr;
  const int size = i2d_X509_SIG(locked.get(), &out);
  if (size <= 0) return fail(Kind::Unavailable, "there is no memory for it");
  auto pem = as_pem("ENCRYPTED PRIVATE KEY", {out, static_cast<size_t>(size)});
  OPENSSL_free(out);
  return pem;
}

Result<Secret> write_cosign(const Secret& der, std::string_view password) {
  TRY_ASSIGN(const std::string box, seal_box(der, password));
  return as_pem(sigstore_label.data(), as_bytes(box));
}

}  // namespace ashlar::trust
