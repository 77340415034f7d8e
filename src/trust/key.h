#pragma once
// Signatures over bytes: ECDSA over P-256 and P-384 (FIPS 186-5; signatures DER as X.509 has them), Ed25519 (RFC 8032), and RSA (RFC 8017) for verifying alone.
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"
#include "base/secret.h"

namespace ashlar::trust {

enum class Algorithm { EcdsaP256, EcdsaP384, Ed25519, Rsa };
/// `ecdsa-p256`, `ecdsa-p384`, `ed25519`, `rsa`
std::string_view to_string(Algorithm algorithm);
/// Invalid for a name that is none, or RSA's: no new keys are made for it.
Result<Algorithm> signing_algorithm(std::string_view name);

class PublicKey {
 public:
  /// SubjectPublicKeyInfo in PEM (`PUBLIC KEY`, RFC 7468 section 13) or PKCS #1 (`RSA PUBLIC KEY`). Invalid for other kinds of key: RSA below 2048 bits, other curves.
  static Result<PublicKey> parse(std::string_view pem);
  /// SubjectPublicKeyInfo in DER, as a certificate has it.
  static Result<PublicKey> from_der(BytesView der);

  /// Denied when the signature is not this key's over this message. What counts, by algorithm: P-256 with SHA-256; P-384 with SHA-384, as cosign signs, or with
  /// SHA-256, as `cosign verify --key` expects unless told; Ed25519 pure, or prehashed (Ed25519ph), as cosign signs what goes to a transparency log; RSA with
  /// SHA-256, PKCS #1 v1.5 or PSS with MGF1 of SHA-256 and a salt of any length.
  Done verify(std::string_view message, std::string_view signature) const;
  /// Of its SubjectPublicKeyInfo in DER: the key's name.
  Digest digest() const;
  Algorithm algorithm() const { return algorithm_; }
  Bytes der() const;
  std::string pem() const;

 private:
  PublicKey(std::shared_ptr<void> key, Algorithm algorithm) : key_(std::move(key)), algorithm_(algorithm) {}
  static Result<PublicKey> of(std::shared_ptr<void> key);
  friend class PrivateKey;
  std::shared_ptr<void> key_;  // shared with nobody but copies: the library counts anyway
  Algorithm algorithm_;
};

/// Something that signs: a key in memory, or one in a token that never leaves it.
class Signer {
 public:
  virtual ~Signer() = default;
  /// With SHA-256 for P-256, SHA-384 for P-384; pure Ed25519.
  virtual Result<std::string> sign(std::string_view message) const = 0;
  virtual const PublicKey& public_key() const = 0;
  /// PKCS #8 in DER (RFC 5958). Denied when the key does not leave where it is.
  virtual Result<Secret> der() const = 0;
};

class PrivateKey {
 public:
  /// Reads PEM: PKCS #8 (`PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`), SEC 1 (`EC PRIVATE KEY`), or cosign's file (`ENCRYPTED SIGSTORE PRIVATE KEY`, formerly
  /// `ENCRYPTED COSIGN PRIVATE KEY`). Invalid for a key of another algorithm, or when opening it would take more than 128 MiB or 10 million rounds; Denied when the
  /// password does not open it. `password` empty: it is not encrypted, or with the empty password, as cosign allows.
  static Result<PrivateKey> parse(std::string_view pem, std::string_view password = {});
  static Result<PrivateKey> generate(Algorithm algorithm);
  explicit PrivateKey(std::shared_ptr<const Signer> signer) : signer_(std::move(signer)) {}

  Result<std::string> sign(std::string_view message) const { return signer_->sign(message); }
  const PublicKey& public_key() const { return signer_->public_key(); }
  std::string public_pem() const { return public_key().pem(); }
  Algorithm algorithm() const { return public_key().algorithm(); }

  /// PEM of PKCS #8: with AES-256 and PBKDF2 (600,000 rounds of HMAC-SHA-256), or with the empty password as it is.
  Result<Secret> to_pkcs8(std::string_view password) const;
  /// PEM that cosign reads: scrypt (N 65536, r 8, p 1) and NaCl's secretbox, with the empty password, too.
  Result<Secret> to_cosign(std::string_view password) const;

 private:
  std::shared_ptr<const Signer> signer_;  // shared: a token's session is one for all copies
};

/// Whether it takes a password to read a private key.
bool is_encrypted(std::string_view pem);

}  // namespace ashlar::trust
