#pragma once
// For tests: keys that sign, made on the spot.
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <string>

#include "trust/key.h"

namespace ashlar::trust {

/// ECDSA over P-256, as PKCS #8 in PEM.
inline std::string sample_signer_pem() {
  EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
  BIO* const out = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* data = nullptr;
  const long size = BIO_get_mem_data(out, &data);
  std::string pem(data, static_cast<size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(key);
  return pem;
}
inline PrivateKey sample_signer() { return PrivateKey::parse(sample_signer_pem()).value(); }
inline PublicKey public_part(const PrivateKey& key) { return PublicKey::parse(key.public_pem()).value(); }

}  // namespace ashlar::trust
