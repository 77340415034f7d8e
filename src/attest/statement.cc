#include "attest/statement.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "attest/inner/digest_set.h"

namespace ashlar::attest {
namespace {

constexpr std::string_view family = "https://in-toto.io/Statement/";
constexpr std::array<std::string_view, 2> versions = {"v1", "v0.1"};

std::string_view type_of(const Json& json) {
  const auto found = json.is_object() ? json.find("_type") : json.end();
  return found != json.end() && found->is_string() ? std::string_view(found->get_ref<const std::string&>()) : std::string_view();
}

Result<StatementSubject> subject_of(const Json& json, size_t at) {
  const auto wrong = [&](std::string_view why) { return fail(Kind::Corrupt, fmt::format("'subject[{}]' {}", at, why)); };
  if (!json.is_object()) return wrong("is no object");
  StatementSubject out;
  if (const auto name = json.find("name"); name != json.end() && !name->is_null()) {
    if (!name->is_string()) return wrong("has a 'name' that is no text");
    out.name = name->get<std::string>();
  }
  const auto digests = json.find("digest");
  if (digests == json.end()) return wrong("has no 'digest'");
  if (const std::string fault = fault_of_digests(*digests); !fault.empty()) return wrong(fmt::format("has a 'digest' that is none: {}", fault));
  for (const auto& [algorithm, value] : digests->items()) out.digests.emplace(algorithm, value.get<std::string>());
  return out;
}

}  // namespace

bool Statement::is_on(const Digest& digest) const {
  const std::string hex = digest.hex();
  return std::ranges::any_of(subjects, [&](const StatementSubject& each) {
    const auto found = each.digests.find("sha256");
    return found != each.digests.end() && found->second == hex;
  });
}

bool is_statement(const Json& json) { return type_of(json).starts_with(family); }

Result<Statement> read_statement(Json json) {
  const std::string_view type = type_of(json);
  if (!is_statement(json)) return fail(Kind::Invalid, "it is no in-toto statement: '_type' does not say so");
  if (std::ranges::find(versions, type.substr(family.size())) == versions.end()) return fail(Kind::Invalid, fmt::format("'{}' is no version that is known; v1 and v0.1 are", type));
  Statement out{.subjects = {}, .predicate_type = {}, .predicate = Json::object()};
  TRY_ASSIGN(out.predicate_type, get_string(json, "predicateType"));
  if (out.predicate_type.empty()) return fail(Kind::Corrupt, "'predicateType' is empty");
  if (std::ranges::any_of(out.predicate_type, [](unsigned char c) { return c <= ' ' || c == 0x7f; })) return fail(Kind::Corrupt, "'predicateType' is no URI: it has blanks or control characters");
  const auto subjects = json.find("subject");
  if (subjects == json.end() || !subjects->is_array() || subjects->empty()) return fail(Kind::Corrupt, "it is about nothing: 'subject' is no list with something in it");
  if (subjects->size() > max_subjects) return fail(Kind::Corrupt, fmt::format("it has {} subjects, more than {}", subjects->size(), max_subjects));
  for (const Json& each : *subjects) {
    TRY_ASSIGN(auto subject, subject_of(each, out.subjects.size()));
    out.subjects.push_back(std::move(subject));
  }
  const auto predicate = json.find("predicate");
  if (predicate == json.end()) return out;  // which may be: the type alone says it (spec/v1/statement.md, "predicate")
  if (!predicate->is_object() && !predicate->is_string()) return fail(Kind::Corrupt, "it says nothing: 'predicate' is no object");
  out.predicate = std::move(*predicate);
  return out;
}

Result<Statement> read_statement(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read the statement of '{}'", path);
  auto json = parse_json(text, path);
  if (!json) return cannot(what, std::move(json).error());
  auto read = read_statement(std::move(*json));
  if (!read) return cannot(what, std::move(read).error());
  return std::move(*read);
}

std::string to_text(std::span<const StatementSubject> subjects, std::string_view predicate_type, std::string_view predicate) {
  Json head = {{"_type", std::string(family) + "v1"}, {"subject", Json::array()}, {"predicateType", predicate_type}};
  for (const StatementSubject& each : subjects) {
    Json subject = Json::object();
    if (!each.name.empty()) subject["name"] = each.name;
    for (const auto& [algorithm, value] : each.digests) subject["digest"][algorithm] = value;
    head["subject"].push_back(std::move(subject));
  }
  std::string out = to_compact(head);
  out.back() = ',';
  out += R"("predicate":)";
  out += predicate;
  return out += '}';
}

std::string to_text(const Statement& statement) { return to_text(statement.subjects, statement.predicate_type, to_compact(statement.predicate)); }

}  // namespace ashlar::attest
