#pragma once
// What of OpenSSL several files of this room use: owners, and the algorithm of a key.
#include <openssl/bio.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "base/secret.h"
#include "trust/key.h"

namespace ashlar::trust {

template <auto release>
struct Release {
  void operator()(auto* each) const { release(each); }
};
template <class T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;
using Bio = Owned<BIO, BIO_free>;  // a memory BIO wipes what it held
using Context = Owned<EVP_MD_CTX, EVP_MD_CTX_free>;

inline EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }
std::shared_ptr<void> owned(EVP_PKEY* key);
inline const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
Bio reading(std::string_view text);
/// What was written into a memory BIO.
std::string_view written(BIO* bio);

/// SubjectPublicKeyInfo in DER.
std::string der_of(const EVP_PKEY* key);
/// The key of a SubjectPublicKeyInfo in DER with nothing behind it.
Result<std::shared_ptr<void>> key_of(std::string_view der);
/// For PEM: OpenSSL would ask at the terminal for the password of a block that calls itself encrypted.
int no_password(char*, int, int, void*);
/// Whether the signature is the key's over this message. `hash`: null where the key hashes by itself. `pss`: the padding of RSA, otherwise PKCS #1 v1.5.
bool verifies(EVP_PKEY* key, const EVP_MD* hash, bool pss, std::string_view message, std::string_view signature);
/// Whether an RSA key has as many bits as are taken.
bool is_sound_rsa(const EVP_PKEY* key);
/// The curve of an ECDSA key as OpenSSL calls it (`prime256v1`); empty for others.
std::string curve_of(const EVP_PKEY* key);

/// Invalid for keys that are none of ours; says what it is then.
Result<Algorithm> algorithm_of(EVP_PKEY* key);
/// What the key's signatures are made of; null for Ed25519, which hashes by itself.
const EVP_MD* hash_of(Algorithm algorithm);

}  // namespace ashlar::trust
