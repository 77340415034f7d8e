#pragma once
// A little Sigstore of the test's own, made on the spot: authorities for certificates and timestamps, a log of certificates, two logs of signatures.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trust/bundle.h"
#include "trust/keyless.h"
#include "trust/trust_root.h"

namespace ashlar::trust {

/// A private key; `kind` is a curve (`P-256`, `P-384`, `P-521`), `ED25519` or `RSA`.
class SampleSigner {
 public:
  explicit SampleSigner(const char* kind = "P-256");
  /// With the hash that goes with the key, or SHA-256.
  std::string sign(std::string_view message, bool sha256 = false) const;
  std::string key() const;  ///< SubjectPublicKeyInfo in DER
  std::string pem() const;
  void* handle() const { return key_.get(); }

 private:
  std::shared_ptr<void> key_;
};

/// A certificate and the key behind it.
struct SampleCertificate {
  SampleSigner signer;
  std::string der;
  std::string pem() const;
};

/// How a certificate is to be; the default is what Fulcio would issue.
struct CertificatePlan {
  std::string names = "email:signer@example.org";  ///< as OpenSSL's subjectAltName takes them; empty: none
  std::string issuer = "https://accounts.example.org";
  bool old_issuer = false;  ///< in the older extension
  std::string usage = "critical,digitalSignature";
  std::string extended_usage = "codeSigning";  ///< empty: none
  std::string constraints;  ///< basicConstraints
  Time from, to;
  const char* key = "P-256";
  enum class Proof { Good, Absent, UnknownLog, OtherIssuer, Forged, Garbage } proof = Proof::Good;
  std::string proof_extensions;
  std::optional<Time> proof_time;  ///< otherwise `from`
};

class SampleWorld {
 public:
  SampleWorld();

  static constexpr Time start{1'700'000'000};    ///< when everything begins to be trusted
  static constexpr Time signed_at{1'710'000'000};
  static constexpr std::string_view artifact = "the artifact\n";

  CertificatePlan plan() const;
  SampleCertificate issue(const CertificatePlan& plan) const;
  /// A certificate by an authority that nobody trusts.
  SampleCertificate issue_elsewhere() const;

  /// A bundle over the artifact or another text, with a promise, a proof and a timestamp.
  Bundle message_bundle(const SampleCertificate& by, std::string_view over = artifact, Time time = signed_at) const;
  /// The same over a statement, by default one about the artifact; `kind` is `dsse 0.0.1`, `dsse 0.0.2`, `intoto 0.0.2` or `hashedrekord 0.0.2`.
  Bundle envelope_bundle(const SampleCertificate& by, std::string_view kind = "dsse 0.0.1", std::string statement = {}, Time time = signed_at, std::string payload_type = "application/vnd.in-toto+json") const;
  /// A bundle in the way of Rekor v2: a log of tiles, no promise.
  Bundle tiles_bundle(const SampleCertificate& by) const;
  /// Signed with a plain key and logged.
  Bundle keyed_bundle(const SampleSigner& by, std::string_view over = artifact, Time time = signed_at) const;

  /// An entry of the log, in a tree of `size` leaves at `at`.
  LogEntry log(std::string kind, std::string version, std::string body, Time time = signed_at, std::int64_t at = 5, std::int64_t size = 11) const;
  LogEntry log_in_tiles(std::string kind, std::string version, std::string body) const;
  std::string checkpoint(std::int64_t size, std::string_view root_hash) const;
  void promise(LogEntry& entry) const;
  std::string timestamp(std::string_view over, Time time = signed_at, bool with_certificate = true) const;
  std::string foreign_timestamp(std::string_view over) const;

  TrustRoot root() const;
  /// root() as trusted_root.json.
  std::string root_json() const;
  IdentityPolicy policy() const;

  SampleSigner certificate_log, rekor, tiles{"ED25519"};
  SampleCertificate ca, intermediate, other_ca, timestamp_ca, timestamp_signer, other_timestamp_signer;
};

std::string hashedrekord_body(std::string_view artifact_digest_hex, std::string_view signature, std::string_view pem);
std::string statement_about(std::string_view artifact);
/// What cosign keeps beside a signature under its tag of what the bundle says: the signature, but of an envelope; certificate, log entry and timestamp where there is one.
std::map<std::string, std::string> tag_annotations(const Bundle& bundle);

/// RFC 6962, section 2.1, by its recursive definitions.
std::string merkle_root(const std::vector<std::string>& leaves);
std::vector<std::string> merkle_path(size_t index, const std::vector<std::string>& leaves);

}  // namespace ashlar::trust
