#include "scan/identity.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "advisory/record.h"

namespace ashlar::scan {
namespace {

/// How much of VERSION_ID stands in a space's name.
enum class Release { None, Whole, Major, MajorMinorWithV };

/// What the records of its advisories name. AlmaLinux's in OSV have a row for each binary package, with that one's version.
enum class Names { Source, Binary };

struct Row {
  std::string_view id, space;
  Release release;
  std::string_view type;  ///< purl type of its packages
  Names names = Names::Source;
};

// The names of spaces are those of the OSV schema, "Defined ecosystems".
constexpr std::array rows = {
    Row{"debian", "Debian", Release::Major, "deb"},
    Row{"ubuntu", "Ubuntu", Release::Whole, "deb"},
    Row{"alpine", "Alpine", Release::MajorMinorWithV, "apk"},
    Row{"wolfi", "Wolfi", Release::None, "apk"},
    Row{"chainguard", "Chainguard", Release::None, "apk"},
    Row{"alpaquita", "Alpaquita", Release::Whole, "apk"},
    Row{"bellsoft-hardened-containers", "BellSoft Hardened Containers", Release::Whole, "apk"},
    Row{"rhel", "Red Hat", Release::Whole, "rpm"},
    Row{"rocky", "Rocky Linux", Release::Major, "rpm"},
    Row{"almalinux", "AlmaLinux", Release::Major, "rpm", Names::Binary},
};

struct Ecosystem {
  std::string_view type, space;
};
constexpr std::array ecosystems = {Ecosystem{"pypi", "PyPI"}, Ecosystem{"npm", "npm"}, Ecosystem{"golang", "Go"}, Ecosystem{"cargo", "crates.io"}, Ecosystem{"maven", "Maven"},
                                   Ecosystem{"gem", "RubyGems"}, Ecosystem{"composer", "Packagist"}, Ecosystem{"nuget", "NuGet"}, Ecosystem{"hex", "Hex"}, Ecosystem{"cran", "CRAN"}, Ecosystem{"vscode-extension", "VSCode"}};

/// Maintainers of packages that are no distribution's own, though they install on it: the publisher's address ends so.
constexpr std::array<std::string_view, 12> vendors = {"@docker.com",    "@nvidia.com",    "@hashicorp.com", "@microsoft.com", "@mongodb.com",  "@grafana.com",
                                                      "@datadoghq.com", "@nodesource.com", "@f5.com",       "@elastic.co",    "@percona.com", "@gitlab.com"};

/// Marks in the versions of packages that another publisher built for a distribution from its sources, and under the names of its maintainers.
struct Rebuilder {
  std::string_view mark, name;
};
constexpr std::array rebuilders = {Rebuilder{"ubuntu", "Ubuntu"}, Rebuilder{".pgdg", "the PostgreSQL project"}, Rebuilder{"nodesource", "NodeSource"}, Rebuilder{"~bpo", "Debian's backports"}};

std::string_view rebuilder_of(const Distribution& distribution, std::string_view version) {
  if (distribution.id != "debian") return {};
  const auto found = std::ranges::find_if(rebuilders, [&](const Rebuilder& each) { return version.find(each.mark) != std::string_view::npos; });
  return found == rebuilders.end() ? std::string_view() : found->name;
}

std::string release_of(Release rule, std::string_view version) {
  const size_t dot = version.find('.');
  switch (rule) {
    case Release::None: return {};
    case Release::Whole: return std::string(version);
    case Release::Major: return std::string(version.substr(0, dot));
    case Release::MajorMinorWithV: return "v" + std::string(version.substr(0, dot == std::string_view::npos ? dot : version.find('.', dot + 1)));
  }
  return {};
}

std::string space_of(const Row& row, std::string_view version) { return row.release == Release::None ? std::string(row.space) : fmt::format("{}:{}", row.space, release_of(row.release, version)); }

/// Whether a document says of a package that it is of another distribution (`ubuntu-24.04`, `wolfi`), or of another release; a code name tells nothing here.
bool is_of_another(std::string_view named, const Distribution& distribution) {
  const size_t dash = std::ranges::find(rows, named, &Row::id) == rows.end() ? named.rfind('-') : std::string_view::npos;
  const auto row = std::ranges::find(rows, named.substr(0, dash), &Row::id);
  if (row == rows.end() || distribution.space.empty() || row->id != distribution.id) return row != rows.end() && !distribution.space.empty();
  const std::string_view release = dash == std::string_view::npos ? std::string_view() : named.substr(dash + 1);
  return !release.empty() && release[0] >= '0' && release[0] <= '9' && space_of(*row, release) != distribution.space;
}

/// The domain of another publisher than a distribution, from `Name <address>`; empty otherwise.
std::string_view vendor_of(std::string_view maintainer) {
  if (maintainer.ends_with('>')) maintainer.remove_suffix(1);
  const auto found = std::ranges::find_if(vendors, [&](std::string_view each) { return maintainer.ends_with(each); });
  return found == vendors.end() ? std::string_view() : found->substr(1);
}

}  // namespace

bool is_same_name(std::string_view type, std::string_view a, std::string_view b) {
  const auto ecosystem = std::ranges::find(ecosystems, type, &Ecosystem::type);
  return a == b || (ecosystem != ecosystems.end() && advisory::canonical_name(ecosystem->space, a) == advisory::canonical_name(ecosystem->space, b));
}

Distribution identify(const std::optional<inventory::OsRelease>& release) {
  if (!release) return {.id = {}, .version = {}, .space = {}, .reason = "the image has no os-release: its distribution is not known"};
  Distribution out{std::string((*release)["ID"]), std::string((*release)["VERSION_ID"]), {}, {}};
  const auto row = std::ranges::find(rows, out.id, &Row::id);
  if (row == rows.end()) {
    out.reason = out.id.empty() ? fmt::format("'{}' names no distribution (ID)", release->path) : fmt::format("distribution '{}' is not known", out.id);
  } else if (row->release != Release::None && out.version.empty()) {
    out.reason = fmt::format("'{}' names no release (VERSION_ID) of '{}'", release->path, out.id);
  } else {
    out.space = space_of(*row, out.version);
  }
  return out;
}

bool is_without_group(const inventory::Component& component) { return component.type == "maven" && component.name.find(':') == std::string::npos; }

bool is_anothers(const inventory::Component& component, const Distribution& distribution) { return !vendor_of(component.maintainer).empty() || !rebuilder_of(distribution, component.version).empty(); }

Place place_of(const inventory::Component& component, const Distribution& distribution) {
  if (component.version.empty()) return {.space = {}, .package = component.name, .version = {}, .reason = component.remark.empty() ? "it has no version" : component.remark};
  const auto ecosystem = std::ranges::find(ecosystems, component.type, &Ecosystem::type);
  if (is_without_group(component))
    return {.space = {}, .package = component.name, .version = component.version, .reason = "nothing tells the group of this artifact, and advisories go by group and artifact"};
  if (ecosystem != ecosystems.end()) return {std::string(ecosystem->space), component.name, component.version, {}};
  const auto row = std::ranges::find(rows, distribution.id, &Row::id);
  const bool binary = row != rows.end() && row->names == Names::Binary;
  Place out{{}, binary || component.source.empty() ? component.name : component.source, binary || component.source_version.empty() ? component.version : component.source_version, {}};
  const bool packaged = std::ranges::any_of(rows, [&](const Row& each) { return each.type == component.type; });
  if (!packaged) return out.reason = fmt::format("nobody publishes advisories for packages of type '{}'", component.type), out;
  if (const bool document = component.found_by == "spdx" || component.found_by == "cyclonedx"; document && !component.remark.empty()) return out.reason = component.remark, out;
  if (const std::string_view vendor = vendor_of(component.maintainer); !vendor.empty())
    return out.reason = fmt::format("it was built by '{}', whose advisories are not at hand, and not by the distribution", vendor), out;
  if (const std::string_view other = rebuilder_of(distribution, component.version); !other.empty())
    return out.reason = fmt::format("its version says that it was built by {}, whose advisories are not at hand, and not by the distribution", other), out;
  if (is_of_another(component.distribution, distribution))
    return out.reason = fmt::format("it is of '{}', and what else is here of '{}'", component.distribution, distribution.space), out;
  if (distribution.space.empty()) out.reason = distribution.reason;
  else if (row->type != component.type) out.reason = fmt::format("it is a {} package, and '{}' has {} packages", component.type, distribution.id, row->type);
  else out.space = distribution.space;
  return out;
}

}  // namespace ashlar::scan
