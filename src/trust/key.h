#pragma once
// Signatures over bytes with keys in PEM files: Ed25519 (RFC 8032) and ECDSA over P-256 with SHA-256 (FIPS 186-5), DER as X.509 has it.
#include <memory>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace ashlar::trust {

/// A private key in PKCS #8 (RFC 5958), encrypted (`ENCRYPTED PRIVATE KEY`) or not.
class PrivateKey {
 public:
  /// Invalid for a key of another algorithm; Denied when the password does not open it. `password` empty: it is not encrypted.
  static Result<PrivateKey> parse(std::string_view pem, std::string_view password = {});
  Result<std::string> sign(std::string_view message) const;
  /// SubjectPublicKeyInfo in PEM (RFC 7468 section 13).
  std::string public_pem() const;

 private:
  explicit PrivateKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // shared with nobody but copies: the library counts anyway
};

class PublicKey {
 public:
  static Result<PublicKey> parse(std::string_view pem);
  /// Denied when the signature is not this key's over this message.
  Done verify(std::string_view message, std::string_view signature) const;
  /// Of its SubjectPublicKeyInfo in DER: the key's name.
  Digest digest() const;

 private:
  explicit PublicKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;
};

}  // namespace ashlar::trust
