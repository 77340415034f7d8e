#pragma once
// The public keys that Sigstore's certificates and logs have: ECDSA over P-256, P-384 and P-521, Ed25519, RSA (PKCS #1 v1.5). Which signatures count is stricter
// here than with PublicKey, which verifies what people sign with: no PSS and no Ed25519ph, but P-521, and digests alone. How they are verified is in openssl.h.
#include <memory>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace ashlar::trust {

enum class HashName { Sha256, Sha384, Sha512 };

/// The hash of that name as Rekor (`sha256`) or protobuf-specs (`SHA2_256`) spell it.
Result<HashName> parse_hash_name(std::string_view name);
/// Bytes.
std::string hash_of(HashName hash, std::string_view bytes);

class VerifyingKey {
 public:
  /// A SubjectPublicKeyInfo in DER. Invalid for keys of other kinds.
  static Result<VerifyingKey> from_der(std::string_view der);
  /// A PKCS #1 RSAPublicKey in DER, which Sigstore's first CT logs are given with.
  static Result<VerifyingKey> from_rsa_der(std::string_view der);
  /// SubjectPublicKeyInfo in PEM.
  static Result<VerifyingKey> from_pem(std::string_view pem);

  /// With the hash that goes with the key; P-384 and P-521 also with SHA-256, as old clients sign.
  bool verify(std::string_view message, std::string_view signature) const;
  /// The same when only the message's hash is known; never with Ed25519, which hashes by itself.
  bool verify_hashed(HashName hash, std::string_view digest, std::string_view signature) const;
  bool hashes_by_itself() const;
  /// SubjectPublicKeyInfo in DER.
  std::string der() const;
  Digest digest() const { return Digest::of(der()); }

 private:
  static Result<VerifyingKey> of(std::shared_ptr<void> key);
  explicit VerifyingKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // shared with copies alone
};

}  // namespace ashlar::trust
