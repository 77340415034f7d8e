#include "deb/package.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::deb {
namespace {

bool is_name(std::string_view text) {
  const auto lower_or_digit = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return text.size() >= 2 && lower_or_digit(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return lower_or_digit(c) || c == '+' || c == '-' || c == '.'; });
}

constexpr std::array<std::pair<std::string_view, Relation>, 7> relations = {{
    {"<<", Relation::Less}, {"<=", Relation::LessEqual}, {"=", Relation::Equal}, {">=", Relation::GreaterEqual}, {">>", Relation::Greater},
    {"<", Relation::LessEqual}, {">", Relation::GreaterEqual},  // obsolete spellings that mean or-equal (Policy 7.1)
}};

Result<Alternative> parse_alternative(std::string_view text, std::string_view field) {
  const auto bad = [&](std::string_view why) {
    return cannot(Kind::Corrupt, fmt::format("read relation '{}'", trim(text).substr(0, 100)), fmt::format("{} (in '{}')", why, field.substr(0, 100)));
  };
  Alternative out;
  std::string_view rest = trim(text);
  const size_t name_end = rest.find_first_of(" \t\n(");
  std::string_view name = rest.substr(0, name_end);
  rest = name_end == std::string_view::npos ? std::string_view() : trim(rest.substr(name_end));
  const auto [plain, qualifier] = cut(name, ':');
  if (plain.empty()) return bad("it names no package");
  out.name = std::string(plain);
  out.qualifier = std::string(qualifier);
  if (rest.empty()) return out;
  if (rest.front() != '(' || rest.back() != ')') return bad("it is not of the form 'name (relation version)'");
  rest = trim(rest.substr(1, rest.size() - 2));
  for (const auto& [sign, relation] : relations) {
    if (!rest.starts_with(sign)) continue;
    out.relation = relation;
    out.version = std::string(trim(rest.substr(sign.size())));
    break;
  }
  if (out.relation == Relation::None || out.version.empty()) return bad("its version has no relation");
  return out;
}

Result<std::uint64_t> parse_number(std::string_view text, std::string_view field) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return fail(Kind::Corrupt, fmt::format("field '{}' is not a number", field));
  return value;
}

Result<Package> read_package(const Stanza& stanza, std::uint32_t archive) {
  Package package;
  package.archive = archive;
  std::string_view source, size;
  constexpr std::pair<std::string_view, std::string_view Package::*> texts[] = {
      {"Package", &Package::name}, {"Version", &Package::version}, {"Architecture", &Package::architecture}, {"Filename", &Package::filename}, {"SHA256", &Package::sha256},
      {"Priority", &Package::priority}, {"Multi-Arch", &Package::multi_arch}, {"Essential", &Package::essential}, {"Maintainer", &Package::maintainer}, {"Depends", &Package::depends},
      {"Pre-Depends", &Package::pre_depends}, {"Provides", &Package::provides}, {"Conflicts", &Package::conflicts}, {"Breaks", &Package::breaks}, {"Replaces", &Package::replaces},
      {"Recommends", &Package::recommends}, {"Suggests", &Package::suggests}, {"Enhances", &Package::enhances}, {"Protected", &Package::protection},
      {"Important", &Package::protection}};
  for (const auto& [name, value] : stanza.fields()) {
    const auto text = std::find_if(std::begin(texts), std::end(texts), [&](const auto& row) { return row.first == name; });
    if (text != std::end(texts)) package.*(text->second) = value;
    else if (name == "Source") source = value;
    else if (name == "Size") size = value;
  }
  for (const auto& [name, member] : {texts[0], texts[1], texts[2], texts[3], texts[4]}) {
    if ((package.*member).empty()) return fail(Kind::Corrupt, fmt::format("a paragraph{} has no '{}'", package.name.empty() ? "" : fmt::format(" of '{}'", package.name), name));
  }
  if (!is_name(package.name)) return fail(Kind::Corrupt, fmt::format("'{}' is no package name", package.name.substr(0, 80)));
  TRY(Digest::parse_hex(package.sha256));
  TRY_ASSIGN(package.size, parse_number(size, "Size"));
  const size_t space = source.find(' ');
  package.source = source.empty() ? package.name : source.substr(0, space);
  package.source_version = package.version;
  if (space != std::string_view::npos) {
    const std::string_view version = trim(source.substr(space));
    if (version.size() > 2 && version.front() == '(' && version.back() == ')') package.source_version = version.substr(1, version.size() - 2);
  }
  return package;
}

}  // namespace

Result<PackageName> PackageName::parse(std::string_view text) {
  if (!is_name(text)) return cannot(Kind::Invalid, fmt::format("read package name '{}'", text.substr(0, 80)), "a name has at least two of a-z, 0-9, '+', '-' and '.', and begins with a letter or digit");
  return PackageName(std::string(text));
}

Result<std::vector<Clause>> parse_relations(std::string_view field) {
  std::vector<Clause> clauses;
  for (const std::string_view part : split(field, ',')) {
    if (trim(part).empty()) continue;  // a trailing comma
    Clause clause;
    for (const std::string_view text : split(part, '|')) {
      TRY_ASSIGN(auto alternative, parse_alternative(text, field));
      clause.push_back(std::move(alternative));
    }
    clauses.push_back(std::move(clause));
  }
  return clauses;
}

std::string to_string(const Alternative& alternative) {
  std::string out = alternative.name;
  if (!alternative.qualifier.empty()) out += ":" + alternative.qualifier;
  if (alternative.relation == Relation::None) return out;
  const auto sign = std::find_if(relations.begin(), relations.end(), [&](const auto& row) { return row.second == alternative.relation; });
  return fmt::format("{} ({} {})", out, sign->first, alternative.version);
}

std::string to_string(const Clause& clause) {
  std::string out;
  for (const Alternative& alternative : clause) out += (out.empty() ? "" : " | ") + to_string(alternative);
  return out;
}

Result<std::vector<Package>> parse_packages(std::string_view text, std::string_view path, std::uint32_t archive, size_t line) {
  std::vector<Package> packages;
  packages.reserve(text.size() / 500);
  StanzaReader reader(text, path, line);
  Stanza stanza;
  for (;;) {
    TRY_ASSIGN(const bool more, reader.next(stanza));
    if (!more) return packages;
    auto package = read_package(stanza, archive);
    if (!package) return cannot(fmt::format("read package index '{}'", path), std::move(package).error());
    packages.push_back(std::move(*package));
  }
}

}  // namespace ashlar::deb
