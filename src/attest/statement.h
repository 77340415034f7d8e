#pragma once
// Statements on artifacts (in-toto attestation framework, spec/v1/statement.md): of which bytes, of which type, and what is said. Who says it is for the
// envelope around it.
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"

namespace ashlar::attest {

/// What is spoken of: bytes by their digests. The name is for people, and proves nothing.
struct StatementSubject {
  std::string name{};
  std::map<std::string, std::string, std::less<>> digests{};  ///< hex by algorithm (`sha256`); at least one
  friend bool operator==(const StatementSubject&, const StatementSubject&) = default;
};

struct Statement {
  std::vector<StatementSubject> subjects{};
  std::string predicate_type{};  ///< a URI
  Json predicate{};              ///< an object; a text where cosign's `spdx` made it
  /// Whether one of its subjects has this digest.
  bool is_on(const Digest& digest) const;
};

/// The media type of a statement, as an envelope names its payload.
inline constexpr std::string_view statement_media_type = "application/vnd.in-toto+json";
inline constexpr size_t max_subjects = 10'000;

/// Statement v1 and v0.1; `path` names it in errors. Invalid: no JSON, or no statement; Corrupt: one that lacks what the specification asks for, or whose
/// digests are none.
Result<Statement> read_statement(std::string_view text, std::string_view path);
/// The same of JSON; errors name what is wrong with it, not what it is.
Result<Statement> read_statement(Json json);
/// Whether it says that it is a statement, of whatever version.
bool is_statement(const Json& json);

/// Statement v1 in one line; the same value gives the same bytes.
std::string to_text(const Statement& statement);
/// The same where the predicate is JSON text already, which goes in as it is: SBOMs are large.
std::string to_text(std::span<const StatementSubject> subjects, std::string_view predicate_type, std::string_view predicate);

}  // namespace ashlar::attest
