#pragma once
// Which images are admitted: who must have signed what, what must have been said of them, who built them, how old they may be.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attest/statement.h"
#include "base/digest.h"
#include "base/time.h"
#include "trust/keyless.h"

namespace ashlar::policy {

/// Whose signature counts.
struct Signer {
  enum class Of : unsigned char { Ring, File, Certificate } of = Of::Ring;
  std::string key{};                               ///< its name in the keyring, or the file's path as the policy has it
  std::optional<trust::IdentityPolicy> identity{};  ///< of a certificate
  /// `key 'release'`, `key file 'keys/our.pub'`, `'release@example.org' by 'https://issuer.example'`; as PresentedSignature::signers names keys.
  std::string str() const;
};

struct StatementRule {
  std::string type{};                     ///< a URI
  std::vector<Signer> signed_by{};        ///< empty: as the image
  std::optional<std::int64_t> max_age{};  ///< seconds, of the newest that counts
};

struct VerifyRule {
  std::string name{};
  std::vector<std::string> images{};      ///< globs of repositories
  bool image_signature = true;            ///< false: statements alone are signed
  bool index_signature = true;            ///< false: of an index that nobody signs the signatures of its platforms suffice
  bool statements_by_manifest = false;    ///< statements count, too, that nothing signs but whoever signs the manifest that holds them
  std::vector<Signer> signed_by{};        ///< empty: whoever is believed
  size_t at_least = 1;                    ///< so many of them: different keys, and of certificates different lines of `signed_by`
  std::vector<StatementRule> statements{};
  std::vector<std::string> builders{};    ///< globs of which the builder in the provenance fits one; empty: whoever built it
  std::optional<std::int64_t> max_age{};  ///< seconds since it was signed, built or scanned, as somebody else than the image tells it
  bool supported = false;                 ///< somebody whose statements count must promise support of it that has begun and has not ended
  bool on_schedule = false;               ///< somebody whose statements count must promise how often it is made again, and that has not passed
  std::string trust_root{};               ///< a path, relative to the policy's folder
};

/// The section `verify` of a policy (docs/formats/policy-verify.md).
struct VerifyRules {
  bool admit_others = false;              ///< images that no rule names
  std::string keyring{}, trust_root{};    ///< paths, relative to the policy's folder; of every rule that has none of its own
  std::vector<VerifyRule> rules{};        ///< the first that names an image is its rule
};

/// The rule of an image by its repository: `registry.example/team/app`, `oci:DIR`; null: none names it.
const VerifyRule* rule_for(const VerifyRules& rules, std::string_view repository);

/// A signature, and what whoever checked it found.
struct PresentedSignature {
  std::string layout{};                                    ///< for words
  bool signs_image = false;                                ///< the image itself, not a statement on it
  std::string predicate_type{};                            ///< of a statement, proved or not; empty where it is not known
  bool verified = false;
  std::string reason{};                                    ///< why not
  std::string by{};                                        ///< who signed, for words; empty where it is not known
  std::string party{};                                     ///< who signed: the same for two signatures of one key or one identity that is believed, whatever it is called
  std::vector<std::string> signers{};                      ///< str() of the rule's keys that this is the key of
  std::optional<trust::CertificateIdentity> identity{};    ///< of one with a certificate
  std::optional<Time> signed_at{};                         ///< as a log or an authority tells it that is trusted
  std::optional<attest::Statement> statement{};            ///< only of a verified one
};

struct Presented {
  std::string repository{};
  Digest digest = Digest::from({});
  /// Of an index itself, with what signs it: whether its platforms may be told as one image. What else the rule asks for is asked of each platform.
  bool is_index = false;
  std::vector<PresentedSignature> signatures{};
};

/// One line of the rule, and whether it holds.
struct VerifyReason {
  std::string rule;      ///< `images`, `signed-by`, `statements`, `builder`, `max-age`, `supported`, `on-schedule`
  std::string what;      ///< in words, one line
  bool holds = false;
  std::string remedy{};  ///< what would let it hold; empty where it does
  friend bool operator==(const VerifyReason&, const VerifyReason&) = default;
};

struct VerifyVerdict {
  bool allowed = false;
  std::string rule{};                   ///< name of the rule that the image falls under; empty: none
  std::vector<VerifyReason> reasons{};  ///< of every line of it, those that hold, too
};

VerifyVerdict verify(const VerifyRules& rules, const Presented& presented, Time now);

}  // namespace ashlar::policy
