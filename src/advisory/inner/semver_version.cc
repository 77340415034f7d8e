#include "advisory/inner/semver_version.h"

#include <algorithm>

#include "advisory/inner/grammars.h"
#include "base/text.h"

namespace ashlar::advisory {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_identifier_character(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }
bool is_numeric(std::string_view text) { return std::ranges::all_of(text, is_digit); }

/// Takes the part before the first dot.
std::string_view take(std::string_view& rest) {
  const size_t dot = rest.find('.');
  const std::string_view part = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return part;
}

/// Identifiers between dots, none empty; of a pre-release, numeric ones without leading zeros (items 9 and 10).
bool are_identifiers(std::string_view text, bool of_prerelease) {
  if (text.empty() || text.ends_with('.')) return false;
  while (!text.empty()) {
    const std::string_view part = take(text);
    if (part.empty() || !std::ranges::all_of(part, is_identifier_character)) return false;
    if (of_prerelease && is_numeric(part) && !is_semver_number(part)) return false;
  }
  return true;
}

/// Item 11: numeric identifiers as numbers and before others, a longer list after its beginning.
std::weak_ordering compare_prereleases(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();
  while (!a.empty() && !b.empty()) {
    const std::string_view x = take(a), y = take(b);
    const bool x_is_number = is_numeric(x), y_is_number = is_numeric(y);
    if (x_is_number != y_is_number) return y_is_number <=> x_is_number;
    if (const std::weak_ordering order = x_is_number ? compare_numbers(x, y) : x <=> y; order != 0) return order;
  }
  return b.empty() <=> a.empty();
}

}  // namespace

bool is_semver_number(std::string_view text) { return !text.empty() && is_numeric(text) && (text[0] != '0' || text.size() == 1); }

bool read_semver(std::string_view text, Semver& out) {
  out = {};
  if (text.starts_with('v')) text.remove_prefix(1);
  const size_t end = std::min(text.find_first_of("-+"), text.size());
  std::string_view core = text.substr(0, end), tail = text.substr(end);
  if (core.ends_with('.')) return false;
  int parts = 0;
  for (std::string_view* part : {&out.major, &out.minor, &out.patch}) {
    if (parts > 0 && core.empty()) break;
    *part = take(core);
    if (!is_semver_number(*part)) return false;
    ++parts;
  }
  if (!core.empty()) return false;
  if (tail.empty()) return true;
  if (parts < 3) return false;
  const size_t plus = tail.find('+');
  if (plus != std::string_view::npos && !are_identifiers(tail.substr(plus + 1), false)) return false;
  tail = tail.substr(0, plus);
  if (tail.empty()) return true;
  out.prerelease = tail.substr(1);
  return are_identifiers(out.prerelease, true);
}

std::weak_ordering operator<=>(const Semver& a, const Semver& b) {
  if (const auto order = compare_numbers(a.major, b.major); order != 0) return order;
  if (const auto order = compare_numbers(a.minor, b.minor); order != 0) return order;
  if (const auto order = compare_numbers(a.patch, b.patch); order != 0) return order;
  return compare_prereleases(a.prerelease, b.prerelease);
}

Result<std::weak_ordering> compare_semver(std::string_view a, std::string_view b) {
  Semver x, y;
  if (!read_semver(a, x)) return no_version(a, "it is no semantic version");
  if (!read_semver(b, y)) return no_version(b, "it is no semantic version");
  return x <=> y;
}

}  // namespace ashlar::advisory
