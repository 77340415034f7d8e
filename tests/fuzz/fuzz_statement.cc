// Statements and their predicates: what reads is written the same again, and a predicate is checked without an accident, whatever it is said to be.
#include "attest/predicate.h"
#include "attest/statement.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ashlar;
  const auto text = fuzz::text(data, size);
  const auto json = parse_json(text, "x.json");
  for (const attest::PredicateType& type : attest::predicate_types()) {
    if (!json) break;
    if (const auto checked = attest::check_predicate(type.uri, *json); !checked) {
      fuzz::must(checked.error().kind == Kind::Invalid && checked.error().message.starts_with("cannot take the predicate as '"), "what is none is refused as such");
    } else {
      fuzz::must(json->is_object() || json->is_string(), "a predicate is an object, or a text");
    }
  }
  const auto statement = attest::read_statement(text, "x.json");
  if (!statement) {
    fuzz::must(statement.error().kind == Kind::Invalid || statement.error().kind == Kind::Corrupt, "what is no statement is refused as such");
    fuzz::must(statement.error().message.starts_with("cannot read the statement of 'x.json': "), "an error says what it is about");
    return 0;
  }
  fuzz::must(!statement->subjects.empty() && !statement->predicate_type.empty(), "it is about something, and says what it says");
  for (const attest::StatementSubject& each : statement->subjects) fuzz::must(!each.digests.empty(), "a subject is known by its bytes");
  const auto checked = attest::check_predicate(statement->predicate_type, statement->predicate);
  fuzz::must(checked || checked.error().kind == Kind::Invalid, "a predicate is checked");
  const std::string written = attest::to_text(*statement);
  const auto again = attest::read_statement(written, "again.json");
  fuzz::must(again.has_value(), "what is written reads");
  fuzz::must(again->subjects == statement->subjects && again->predicate_type == statement->predicate_type && again->predicate == statement->predicate, "it is the same statement");
  fuzz::must(attest::to_text(*again) == written, "and written the same again");
  return 0;
}
