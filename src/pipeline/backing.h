#pragma once
// Who stands behind what people say of findings: signatures over single decisions and statements, and proofs that are looked at again (docs/formats/exceptions.md,
// docs/formats/assessments.md).
#include <functional>
#include <string>
#include <vector>

#include "pipeline/believed.h"
#include "pipeline/scan.h"
#include "scan/exceptions.h"
#include "scan/statements.h"
#include "trust/record.h"

namespace ashlar::pipeline {

/// What is kept beside a statement of an OpenVEX document, for that form has no place for it.
struct StatementRecord {
  std::string vulnerability{};
  std::vector<attest::VexProduct> products{};               ///< with `vulnerability`: which statement it is of
  std::string author{};                                     ///< who says so; empty: the document's
  std::vector<std::string> absent{};                        ///< globs of files that have the flaw; it rests on an image having none of them
  std::string image{};                                      ///< repository of the image of which that was shown
  std::vector<trust::EnvelopeSignature> signatures{};       ///< over signed_part()
  friend bool operator==(const StatementRecord&, const StatementRecord&) = default;
  bool is_of(const attest::VexStatement& statement) const { return vulnerability == statement.vulnerability && products == statement.products; }
};
inline constexpr std::string_view statement_payload = "application/vnd.ashlar.statement.v1+json";  ///< payload type of its signatures

/// What people sign of a statement: its words, whose they are, and what they rest on.
Json signed_part(const attest::VexStatement& statement, const StatementRecord& record);

/// `vex.signatures.json` of `vex.json`.
host::Path records_path(const host::Path& document);
bool is_records_file(std::string_view name);
/// Those beside a document; none where there is no such file.
Result<std::vector<StatementRecord>> read_records(host::Files& files, const host::Path& document);
Result<std::vector<StatementRecord>> parse_records(std::string_view text, const std::string& path);
Json to_json(std::span<const StatementRecord> records);

/// Whose signatures over a record are good at `at`, by the keys that are believed and their terms then: nobody vouches for when a record was signed.
scan::Backing judge_record(std::string_view payload_type, const Json& record, std::span<const trust::EnvelopeSignature> signatures, const Believed& believed, Time at);

/// What a signature of this key is worth now, whatever it is under: its name among those who are believed, or why it counts for nothing.
Result<scan::Backing> worth_of(host::Machine& machine, const TrustSettings& trust, const trust::PrivateKey& key);

/// Whose signature it is among the keys that are believed; empty: nobody's.
std::string name_of(const Digest& key, const Believed& believed);

/// An image in which proofs are looked at again.
struct ProofImage {
  scan::ImageNames names{};
  std::function<std::string(const std::string& glob)> find{};  ///< the first path that fits, both without a leading slash; empty: there is none
};

/// Sets what stands behind each decision, and behind each statement of documents that were read from files. With an image the proofs are looked at again: a statement that
/// rests on the absence of files in it, or in another image of its repository, has it as its product now where it has none of them, too, and has fallen where it has one.
Done stand_behind(host::Machine& machine, const TrustSettings& trust, Time at, std::vector<scan::Exception>& exceptions);
Done stand_behind(host::Machine& machine, const TrustSettings& trust, Time at, std::vector<scan::Statements>& documents, const ProofImage* image);

/// The same of documents, in what an image holds now.
Done stand_behind(host::Machine& machine, const TrustSettings& trust, const Held& held, std::vector<scan::Statements>& documents);

/// Takes out what acquits a finding that is open in the report all the same: it does not count there, and nobody is to read it as if it did.
void drop_unfounded(const scan::Report& report, const scan::ImageNames& names, std::vector<scan::Statements>& documents);

}  // namespace ashlar::pipeline
