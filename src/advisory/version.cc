#include "advisory/version.h"

#include <array>
#include <string>

#include <fmt/format.h>

#include "advisory/inner/grammars.h"
#include "apk/version.h"
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
    Row{Grammar::Dpkg, "dpkg", compare_dpkg},     Row{Grammar::Apk, "apk", apk::compare_versions}, Row{Grammar::Rpm, "rpm", compare_rpm}, Row{Grammar::Semver, "semver", compare_semver},
    Row{Grammar::Pep440, "pep440", compare_pep440}, Row{Grammar::Maven, "maven", compare_maven},     Row{Grammar::Go, "go", compare_go},
};

struct SpaceRow {
  std::string_view space;
  Grammar grammar;
};
constexpr std::array spaces = {
    SpaceRow{"Debian", Grammar::Dpkg},
    SpaceRow{"Ubuntu", Grammar::Dpkg},
    SpaceRow{"Alpine", Grammar::Apk},
    SpaceRow{"Wolfi", Grammar::Apk},
    SpaceRow{"Chainguard", Grammar::Apk},
    SpaceRow{"Alpaquita", Grammar::Apk},
    SpaceRow{"BellSoft Hardened Containers", Grammar::Apk},
    SpaceRow{"Red Hat", Grammar::Rpm},
    SpaceRow{"Rocky Linux", Grammar::Rpm},
    SpaceRow{"AlmaLinux", Grammar::Rpm},
    SpaceRow{"openSUSE", Grammar::Rpm},
    SpaceRow{"SUSE", Grammar::Rpm},
    SpaceRow{"Fedora", Grammar::Rpm},
    SpaceRow{"Amazon Linux", Grammar::Rpm},
    SpaceRow{"Azure Linux", Grammar::Rpm},
    SpaceRow{"npm", Grammar::Semver},
    SpaceRow{"crates.io", Grammar::Semver},
    SpaceRow{"DHI", Grammar::Semver},
    SpaceRow{"PyPI", Grammar::Pep440},
    SpaceRow{"Maven", Grammar::Maven},
    SpaceRow{"Go", Grammar::Go},
};

}  // namespace

std::unexpected<Error> no_version(std::string_view text, std::string_view cause) { return cannot(Kind::Invalid, fmt::format("read version '{}'", text.substr(0, 80)), cause); }

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
