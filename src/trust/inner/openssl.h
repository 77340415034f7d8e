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

/// Invalid for keys that are none of ours; says what it is then.
Result<Algorithm> algorithm_of(EVP_PKEY* key);
/// What the key's signatures are made of; null for Ed25519, which hashes by itself.
const EVP_MD* hash_of(Algorithm algorithm);

}  // namespace ashlar::trust
