#include "trust/keyless.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <regex>
#include <utility>

#include <fmt/format.h>

#include "trust/inner/protobuf_json.h"
#include "trust/inner/verifying_key.h"
#include "trust/tag_layout.h"
#include "trust/timestamp.h"
#include "trust/transparency.h"

namespace ashlar::trust {
namespace {

constexpr std::string_view statement_type = "application/vnd.in-toto+json";
constexpr size_t max_subjects = 4096;
constexpr size_t most_matched = 512;  // of a name that an expression is held against: the library tries every way there is

/// One bundle on its way through the rules.
class Verifier {
 public:
  Verifier(const Bundle& bundle, const Artifact& artifact, std::string_view stamped) : bundle_(bundle), artifact_(artifact), stamped_(stamped) {}

  void break_rule(Rule rule, std::string why) {
    const bool said = std::any_of(out_.broken.begin(), out_.broken.end(), [&](const Broken& each) { return each.rule == rule && each.why == why; });
    if (!said) out_.broken.push_back({rule, std::move(why)});
  }
  /// Notes why it did not hold; whether it held.
  bool held(Rule rule, const Done& done) {
    if (!done) break_rule(rule, done.error().message);
    return done.has_value();
  }

  void read_content();
  void check_signature(const VerifyingKey& key);
  void check_entries(const TrustRoot& root, size_t wanted, std::string_view certificate, std::string_view key);
  void check_timestamps(const TrustRoot& root);
  void check_certificate(const Certificate& leaf, const TrustRoot& root, bool certificate_logs);
  void check_identity(const Certificate& leaf, const IdentityPolicy& policy);
  Verification finish() { return std::move(out_); }

 private:
  void read_envelope_content(const Envelope& envelope);
  void read_message_content(const MessageSignature& message);
  bool has_subject(const Envelope& envelope) const;
  bool check_entry(const LogEntry& entry, const TransparencyLog& log, std::string_view certificate, std::string_view key);
  Done check_body(const LogEntry& entry, std::string_view certificate, std::string_view key) const;
  Done check_logged_digest(const LoggedSignature& logged) const;

  const Bundle& bundle_;
  const Artifact& artifact_;
  std::string_view stamped_;  ///< what timestamps are over; empty: the signature
  Verification out_;
  std::string signature_;
  std::optional<std::string> signed_bytes_;   ///< what the signature covers, when we have it
  std::optional<Digest> signed_digest_;       ///< its SHA-256, when we have that
  std::optional<std::string_view> payload_;   ///< an envelope's
  std::vector<const TransparencyLog*> untimed_logs_;
};

/// A statement of in-toto names what it is about by digests.
bool Verifier::has_subject(const Envelope& envelope) const {
  const auto json = parse_json(envelope.payload, "payload");
  if (!json) return false;
  const auto statement = Message::of(*json);
  if (!statement) return false;
  const auto subjects = statement->messages("subject", max_subjects);
  if (!subjects) return false;
  return std::any_of(subjects->begin(), subjects->end(), [&](const Message& subject) {
    const auto digests = subject.message("digest");
    if (!digests || !*digests) return false;
    const auto hex = (*digests)->text("sha256", 64);
    return hex && *hex == artifact_.digest->hex();
  });
}

void Verifier::read_envelope_content(const Envelope& envelope) {
  if (envelope.signatures.size() != 1) return break_rule(Rule::Form, fmt::format("the envelope has {} signatures, and a bundle's must have one", envelope.signatures.size()));
  signature_ = envelope.signatures[0].bytes;
  signed_bytes_ = pre_authentication(envelope.payload_type, envelope.payload);
  signed_digest_ = Digest::of(*signed_bytes_);
  payload_ = envelope.payload;
  if (!artifact_.digest) return;
  if (envelope.payload_type != statement_type)
    break_rule(Rule::Artifact, fmt::format("the envelope holds '{}', no statement about an artifact", envelope.payload_type));
  else if (!has_subject(envelope))
    break_rule(Rule::Artifact, fmt::format("the statement is not about {}", artifact_.digest->str()));
}

void Verifier::read_message_content(const MessageSignature& message) {
  signature_ = message.signature;
  if (artifact_.bytes) signed_bytes_ = std::string(*artifact_.bytes);
  signed_digest_ = artifact_.digest;
  if (!signed_digest_) return break_rule(Rule::Artifact, "it must be said which artifact was signed");
  if (message.algorithm.empty() && message.digest.empty()) return;  // not given: what is signed is told by the signature
  const auto hash = parse_hash_name(message.algorithm);
  if (!hash) return break_rule(Rule::Artifact, fmt::format("the bundle names its artifact by {}, which is not known", message.algorithm));
  if (*hash != HashName::Sha256 && !signed_bytes_) return;  // a hint that cannot be compared
  const std::string expected = *hash == HashName::Sha256 ? std::string(reinterpret_cast<const char*>(signed_digest_->raw().data()), 32) : hash_of(*hash, *signed_bytes_);
  if (expected != message.digest) break_rule(Rule::Artifact, "the bundle is about an artifact with another digest");
}

void Verifier::read_content() {
  if (const auto* envelope = std::get_if<Envelope>(&bundle_.content))
    read_envelope_content(*envelope);
  else
    read_message_content(std::get<MessageSignature>(bundle_.content));
}

void Verifier::check_signature(const VerifyingKey& key) {
  if (!signed_digest_) return;  // said already
  if (signed_bytes_) {
    if (!key.verify(*signed_bytes_, signature_)) break_rule(Rule::Signature, "the signature is not this key's over these bytes");
    return;
  }
  if (key.hashes_by_itself()) return break_rule(Rule::Signature, "a signature by an Ed25519 key cannot be checked with the artifact's digest alone");
  const std::string_view digest(reinterpret_cast<const char*>(signed_digest_->raw().data()), 32);
  if (!key.verify_hashed(HashName::Sha256, digest, signature_)) break_rule(Rule::Signature, "the signature is not this key's over an artifact with this digest");
}

Done Verifier::check_logged_digest(const LoggedSignature& logged) const {
  const auto hash = parse_hash_name(logged.hash);
  if (!hash) return fail(Kind::Denied, fmt::format("the log entry's hash '{}' is not known", logged.hash));
  std::string expected;
  if (logged.of_payload) {
    if (!payload_) return fail(Kind::Denied, "the log entry is of an envelope, and the bundle has none");
    expected = hash_of(*hash, *payload_);
  } else if (signed_bytes_) {
    expected = hash_of(*hash, *signed_bytes_);
  } else if (*hash == HashName::Sha256 && signed_digest_) {
    expected.assign(reinterpret_cast<const char*>(signed_digest_->raw().data()), 32);
  } else {
    return fail(Kind::Denied, "the log entry names the artifact by another hash, for which its bytes are needed");
  }
  return expected == logged.digest ? Done() : fail(Kind::Denied, logged.of_payload ? "the log entry is of another payload" : "the log entry is of another artifact");
}

Done Verifier::check_body(const LogEntry& entry, std::string_view certificate, std::string_view key) const {
  TRY_ASSIGN(const LoggedSignature logged, read_entry_body(entry));
  if (logged.signature != signature_) return fail(Kind::Denied, "the log entry is of another signature");
  if (certificate.empty() ? logged.key != key : logged.certificate != certificate) return fail(Kind::Denied, certificate.empty() ? "the log entry is of another key" : "the log entry is of another certificate");
  return check_logged_digest(logged);
}

bool Verifier::check_entry(const LogEntry& entry, const TransparencyLog& log, std::string_view certificate, std::string_view key) {
  const size_t before = out_.broken.size();
  const bool promised = !entry.promise.empty() && held(Rule::LogPromise, check_promise(entry, log));
  if (entry.proof) held(Rule::LogProof, check_proof(entry, log));
  if (!entry.proof && entry.promise.empty()) break_rule(Rule::LogProof, "the log entry has neither a proof nor a promise");
  held(Rule::LogBody, check_body(entry, certificate, key));
  if (out_.broken.size() != before) return false;
  if (promised)
    out_.times.push_back({Time{entry.integrated_time}, SigningTime::Source::Log, log.base_url});
  else
    untimed_logs_.push_back(&log);
  out_.logged.push_back({log.base_url, entry.log_index});
  return true;
}

void Verifier::check_entries(const TrustRoot& root, size_t wanted, std::string_view certificate, std::string_view key) {
  size_t good = 0, unknown = 0;
  for (auto each = bundle_.entries.begin(); each != bundle_.entries.end(); ++each) {
    if (std::any_of(bundle_.entries.begin(), each, [&](const LogEntry& other) { return other.log_id == each->log_id && other.log_index == each->log_index; })) {
      break_rule(Rule::LogEntry, "a log entry stands twice");
      continue;
    }
    const TransparencyLog* const log = find_log(root.logs, each->log_id);
    unknown += log == nullptr ? 1 : 0;
    if (log != nullptr && check_entry(*each, *log, certificate, key)) ++good;
  }
  if (good >= wanted) return;
  if (unknown != 0) break_rule(Rule::LogEntry, "the log entry is of a log that is not trusted");
  if (bundle_.entries.empty()) break_rule(Rule::LogEntry, "there is no log entry");
  if (unknown == 0 && !bundle_.entries.empty() && wanted > bundle_.entries.size()) break_rule(Rule::LogEntry, fmt::format("there are {} log entries, and {} are asked for", bundle_.entries.size(), wanted));
}

void Verifier::check_timestamps(const TrustRoot& root) {
  std::vector<std::string> foreign;
  for (const std::string& each : bundle_.timestamps) {
    std::optional<std::string> why;
    bool good = false;
    for (const Authority& authority : root.timestamp_authorities) {
      const auto time = check_timestamp(each, stamped_.empty() ? std::string_view(signature_) : stamped_, authority);
      if (time) {
        out_.times.push_back({*time, SigningTime::Source::TimestampAuthority, authority.uri});
        good = true;
        break;
      }
      if (time.error().kind != Kind::NotFound) why = time.error().message;
    }
    if (good) continue;
    if (why)
      break_rule(Rule::Timestamp, *why);
    else
      foreign.emplace_back("the timestamp is of an authority that is not trusted");
  }
  for (const TransparencyLog* log : untimed_logs_) {
    for (const SigningTime& each : out_.times) {
      if (!log->valid_for.holds(each.time)) break_rule(Rule::LogEntry, fmt::format("the log was not trusted at {}", each.time.str()));
    }
  }
  if (out_.times.empty() && !foreign.empty()) break_rule(Rule::Timestamp, foreign.front());
}

void Verifier::check_certificate(const Certificate& leaf, const TrustRoot& root, bool certificate_logs) {
  if (leaf.signs_certificates()) break_rule(Rule::Certificate, "the certificate is an authority's own");
  if (out_.times.empty()) {
    const bool said = std::any_of(out_.broken.begin(), out_.broken.end(), [](const Broken& each) { return each.rule >= Rule::LogEntry && each.rule <= Rule::Timestamp; });
    if (!said) break_rule(Rule::SigningTime, "nothing that is trusted says when the signature was made");
    return;
  }
  std::vector<Certificate> chain;
  for (const SigningTime& each : out_.times) {
    if (!leaf.validity().holds(each.time)) {
      break_rule(Rule::SigningTime, fmt::format("the certificate was not valid when the signature was made, at {}", each.time.str()));
      continue;
    }
    std::string why = "no authority for certificates is trusted";
    bool good = false;
    for (const Authority& authority : root.authorities) {
      auto found = leaf.chain_to(authority, each.time);
      good = found.has_value();
      if (good) {
        chain = std::move(*found);
        break;
      }
      why = fmt::format("the certificate does not lead to a trusted authority: {}", found.error().message);
    }
    if (!good) break_rule(Rule::Certificate, why);
  }
  if (!certificate_logs || chain.empty()) return;
  if (chain.size() < 2) return break_rule(Rule::CertificateLog, "the certificate is its own issuer");
  held(Rule::CertificateLog, check_certificate_timestamps(leaf, chain[1], root.certificate_logs));
}

void Verifier::check_identity(const Certificate& leaf, const IdentityPolicy& policy) {
  auto identity = leaf.identity();
  if (!identity) return break_rule(Rule::Identity, identity.error().message);
  out_.identity = std::move(*identity);
  if (policy.admits(out_.identity)) return;
  const auto& names = out_.identity.names;
  if (std::none_of(names.begin(), names.end(), [&](const std::string& name) { return policy.name.matches(name); }))
    break_rule(Rule::Identity, names.empty() ? "the certificate names nobody" : fmt::format("it was signed by '{}', not by '{}'", names.front(), policy.name.text()));
  if (!policy.issuer.matches(out_.identity.issuer)) break_rule(Rule::Identity, fmt::format("the signer's issuer is '{}', not '{}'", out_.identity.issuer, policy.issuer.text()));
}

}  // namespace

Result<Pattern> Pattern::expression(std::string text) {
  try {
    const std::regex tried(text);
  } catch (const std::regex_error&) {
    return cannot(Kind::Invalid, fmt::format("read pattern '{}'", text), "it is no regular expression");
  }
  return Pattern(std::move(text), true);
}

bool Pattern::matches(std::string_view text) const {
  if (!expression_) return text == text_;
  if (text.size() > most_matched) return false;
  try {
    return std::regex_match(text.begin(), text.end(), std::regex(text_));
  } catch (const std::regex_error&) {  // it needs more time or memory than the library allows
    return false;
  }
}

bool IdentityPolicy::admits(const CertificateIdentity& identity) const {
  return issuer.matches(identity.issuer) && std::any_of(identity.names.begin(), identity.names.end(), [&](const std::string& each) { return name.matches(each); });
}

std::string_view to_string(Rule rule) {
  static constexpr std::array<std::string_view, 12> names = {"form", "artifact", "signature", "certificate", "certificate log", "log entry", "log proof", "log promise", "log body", "timestamp", "signing time", "identity"};
  return names[static_cast<size_t>(rule)];
}

namespace {

Verification by_certificate(const Bundle& bundle, const Artifact& artifact, const TrustRoot& root, const IdentityPolicy& policy, const Asked& asked, std::string_view stamped) {
  Verifier verifier(bundle, artifact, stamped);
  std::vector<std::string> chain;
  if (const auto* single = std::get_if<CertificateMaterial>(&bundle.material)) chain = {single->der};
  if (const auto* several = std::get_if<ChainMaterial>(&bundle.material)) chain = several->der;
  if (chain.empty()) {
    verifier.break_rule(Rule::Form, "the bundle is signed with a key, not with a certificate");
    return verifier.finish();
  }
  const auto leaf = Certificate::parse(chain.front());
  const auto key = leaf ? VerifyingKey::from_der(leaf->key()) : Result<VerifyingKey>(std::unexpected(leaf.error()));
  if (!key) {
    verifier.break_rule(Rule::Certificate, fmt::format("the certificate cannot be used: {}", key.error().message));
    return verifier.finish();
  }
  // What else the chain brings along is not used: the authorities are the trust root's (sigstore_bundle.proto). Old bundles even bring roots.
  for (size_t at = 1; at < chain.size(); ++at) {
    if (!Certificate::parse(chain[at])) verifier.break_rule(Rule::Form, "the bundle's chain has something that is no certificate");
  }
  verifier.read_content();
  verifier.check_signature(*key);
  verifier.check_entries(root, asked.log_entries, chain.front(), {});
  verifier.check_timestamps(root);
  verifier.check_certificate(*leaf, root, asked.certificate_logs);
  verifier.check_identity(*leaf, policy);
  return verifier.finish();
}

Result<Verification> by_key(const Bundle& bundle, const Artifact& artifact, std::string_view key_pem, const TrustRoot* root, size_t log_entries, std::string_view stamped) {
  const auto key = VerifyingKey::from_pem(key_pem);
  if (!key) return cannot("read public key", key.error());
  Verifier verifier(bundle, artifact, stamped);
  if (!std::holds_alternative<KeyMaterial>(bundle.material)) {
    verifier.break_rule(Rule::Form, "the bundle is signed with a certificate, not with a key");
    return verifier.finish();
  }
  verifier.read_content();
  verifier.check_signature(*key);
  if (root != nullptr) {
    verifier.check_entries(*root, log_entries, {}, key->der());
    verifier.check_timestamps(*root);
  } else if (log_entries != 0) {
    verifier.break_rule(Rule::LogEntry, "no log is trusted");
  }
  return verifier.finish();
}

}  // namespace

Verification verify_keyless(const Bundle& bundle, const Artifact& artifact, const TrustRoot& root, const IdentityPolicy& policy, const Asked& asked) { return by_certificate(bundle, artifact, root, policy, asked, {}); }

Result<Verification> verify_keyed(const Bundle& bundle, const Artifact& artifact, std::string_view key_pem, const TrustRoot* root, size_t log_entries) { return by_key(bundle, artifact, key_pem, root, log_entries, {}); }

Verification verify_tagged(const Bundle& bundle, const Artifact& artifact, const TrustRoot& root, const IdentityPolicy& policy, std::string_view stamped) { return by_certificate(bundle, artifact, root, policy, {}, stamped); }

Result<Verification> verify_tagged(const Bundle& bundle, const Artifact& artifact, const TrustRoot& root, std::string_view key_pem, std::string_view stamped) { return by_key(bundle, artifact, key_pem, &root, 0, stamped); }

}  // namespace ashlar::trust
