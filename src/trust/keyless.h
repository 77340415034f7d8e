#pragma once
// Verifies Sigstore bundles without a network: against a trust root and an expected identity, or against a key.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "trust/bundle.h"
#include "trust/certificate.h"
#include "trust/trust_root.h"

namespace ashlar::trust {

/// A text, or an ECMAScript regular expression that must match the whole of a text.
class Pattern {
 public:
  static Pattern exact(std::string text) { return {std::move(text), false}; }
  /// Invalid when it is no regular expression.
  static Result<Pattern> expression(std::string text);
  bool matches(std::string_view text) const;
  const std::string& text() const { return text_; }
  bool is_expression() const { return expression_; }

 private:
  Pattern(std::string text, bool expression) : text_(std::move(text)), expression_(expression) {}
  std::string text_;
  bool expression_;
};

/// Who must have signed: one of the certificate's names, vouched for by this issuer.
struct IdentityPolicy {
  Pattern name, issuer;
  bool admits(const CertificateIdentity& identity) const;
};

/// What must have been signed. With a digest alone a signature by an Ed25519 key over an artifact cannot be checked, for it does not sign a hash.
struct Artifact {
  std::optional<Digest> digest;
  std::optional<std::string_view> bytes;
  static Artifact of(std::string_view bytes) { return {Digest::of(bytes), bytes}; }
  static Artifact of(const Digest& digest) { return {digest, std::nullopt}; }
  /// For envelopes only: whoever reads the statement judges its subjects.
  static Artifact any() { return {}; }
};

enum class Rule {
  Form,            ///< the bundle is of the kind that was asked for, with one signature
  Artifact,        ///< it is about this artifact
  Signature,       ///< the signature is the certificate's or the key's
  Certificate,     ///< its chain leads to a trusted authority
  CertificateLog,  ///< a trusted log has promised to publish the certificate
  LogEntry,        ///< the entry is of a trusted log, in as many as were asked for
  LogProof,        ///< the inclusion proof and the checkpoint hold
  LogPromise,      ///< the signed entry timestamp holds
  LogBody,         ///< the entry is about this signature
  Timestamp,       ///< the timestamps hold
  SigningTime,     ///< something that we trust says when it was signed, and the certificate was valid then
  Identity,        ///< it is whom we expect
};
/// `log proof`
std::string_view to_string(Rule rule);

/// A rule that did not hold, and why: a sentence without its full stop.
struct Broken {
  Rule rule;
  std::string why;
};

struct SigningTime {
  enum class Source { Log, TimestampAuthority };
  Time time;
  Source source;
  std::string by;  ///< the log's or the authority's address
};

struct Logged {
  std::string log;  ///< its address
  std::int64_t index = 0;
};

/// What was found out. Everything but `broken` is only to be believed when `holds()`.
struct Verification {
  std::vector<Broken> broken;
  CertificateIdentity identity;
  std::vector<SigningTime> times;
  std::vector<Logged> logged;
  bool holds() const { return broken.empty(); }
};

struct Asked {
  size_t log_entries = 1;        ///< so many entries of trusted logs must hold
  bool certificate_logs = true;  ///< a log of certificates must know the certificate
};

/// A bundle with a certificate.
Verification verify_keyless(const Bundle& bundle, const Artifact& artifact, const TrustRoot& root, const IdentityPolicy& policy, const Asked& asked = {});
/// A bundle signed with a key (a SubjectPublicKeyInfo in PEM). `root` may be null: entries and timestamps then count for nothing.
/// Invalid when the key cannot be read.
Result<Verification> verify_keyed(const Bundle& bundle, const Artifact& artifact, std::string_view key_pem, const TrustRoot* root, size_t log_entries = 0);

}  // namespace ashlar::trust
