#include "advisory/version.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/version.h"

namespace ashlar::advisory {
namespace {

struct Row {
  Grammar grammar;
  std::string_view name;
  Result<std::weak_ordering> (*compare)(std::string_view a, std::string_view b);
};

Result<std::weak_ordering> compare_dpkg(std::string_view a, std::string_view b) {
  TRY_ASSIGN(const auto left, deb::Version::parse(a));
  TRY_ASSIGN(const auto right, deb::Version::parse(b));
  return left <=> right;
}

constexpr std::array rows = {
    Row{Grammar::Dpkg, "dpkg", compare_dpkg},
};

struct SpaceRow {
  std::string_view space;
  Grammar grammar;
};
constexpr std::array spaces = {
    SpaceRow{"Debian", Grammar::Dpkg}, SpaceRow{"Ubuntu", Grammar::Dpkg},
};

}  // namespace

Result<std::weak_ordering> compare(Grammar grammar, std::string_view a, std::string_view b) {
  for (const Row& row : rows) {
    if (row.grammar == grammar) return row.compare(a, b);
  }
  return cannot(Kind::NotFound, fmt::format("compare '{}' with '{}'", a, b), "there is no row for their grammar");
}

bool is_version(Grammar grammar, std::string_view text) { return compare(grammar, text, text).has_value(); }

std::string_view to_string(Grammar grammar) {
  for (const Row& row : rows) {
    if (row.grammar == grammar) return row.name;
  }
  return "unknown";
}

Result<Grammar> grammar_of(std::string_view space) {
  const std::string_view head = space.substr(0, space.find(':'));
  for (const SpaceRow& row : spaces) {
    if (row.space == head) return row.grammar;
  }
  return cannot(Kind::NotFound, fmt::format("compare versions of '{}'", space), "its version grammar is not known");
}

}  // namespace ashlar::advisory
