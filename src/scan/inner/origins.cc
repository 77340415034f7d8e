#include "scan/inner/origins.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/package.h"
#include "deb/version.h"

namespace ashlar::scan {
namespace {

using inventory::Component;
using inventory::InstalledPackage;
using Names = std::set<std::string>;

bool is_of_debian(std::string_view maintainer) {
  if (maintainer.ends_with('>')) maintainer.remove_suffix(1);
  const size_t at = maintainer.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string_view host = maintainer.substr(at + 1);
  constexpr std::array<std::string_view, 2> domains = {"debian.org", "debian.net"};
  return std::ranges::any_of(domains, [&](std::string_view domain) { return host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.'); });
}

/// `+b1` and `+deb13u1`, `~deb12u2`: rebuilds by Debian's machines, and updates of a stable release.
bool is_numbered_by_debian(std::string_view version) {
  const auto digits = [](std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos; };
  if (const size_t rebuild = version.rfind("+b"); rebuild != std::string_view::npos && digits(version.substr(rebuild + 2))) return true;
  for (const std::string_view mark : {"+deb", "~deb"}) {
    const size_t at = version.rfind(mark);
    if (at == std::string_view::npos) continue;
    const auto [release, update] = cut(version.substr(at + mark.size()), 'u');
    if (digits(release) && digits(update.substr(0, update.find_first_not_of("0123456789")))) return true;
  }
  return false;
}

bool is_shown(const Component& component) { return is_of_debian(component.maintainer) || is_numbered_by_debian(component.version); }

Result<bool> is_known(const Place& place, advisory::Database& database) {
  TRY_ASSIGN(const auto newest, database.newest(place.space, place.package));
  if (!newest.empty()) return true;
  TRY_ASSIGN(const auto matches, database.matches(place.space, place.package));
  return !matches.empty();
}

/// Takes out of `foreign` what the archive itself ranks above optional (Debian Policy 2.5): others' packages are `optional` or `extra`.
void follow_priorities(const std::vector<InstalledPackage>& packages, Names& foreign) {
  constexpr std::array<std::string_view, 3> ranks = {"required", "important", "standard"};
  for (const InstalledPackage& each : packages) {
    if (std::ranges::find(ranks, each.priority) != ranks.end()) foreign.erase(each.name);
  }
}

/// Takes out of `foreign` what has the maintainer of a package outside of it; whether that was anything.
bool follow_maintainers(const std::vector<InstalledPackage>& packages, Names& foreign) {
  std::set<std::string_view> known;
  for (const InstalledPackage& each : packages) {
    if (!each.maintainer.empty() && !foreign.contains(each.name)) known.insert(each.maintainer);
  }
  const size_t before = foreign.size();
  for (const InstalledPackage& each : packages) {
    if (known.contains(each.maintainer)) foreign.erase(each.name);
  }
  return foreign.size() < before;
}

/// Takes out of `foreign` what packages outside of it depend on, and what these do in turn.
void follow_dependencies(const std::vector<InstalledPackage>& packages, Names& foreign) {
  std::multimap<std::string_view, const InstalledPackage*> named;
  std::vector<const InstalledPackage*> todo;
  for (const InstalledPackage& each : packages) {
    named.emplace(each.name, &each);
    if (!foreign.contains(each.name)) todo.push_back(&each);
  }
  while (!todo.empty() && !foreign.empty()) {
    const InstalledPackage& from = *todo.back();
    todo.pop_back();
    for (const std::string& field : {from.pre_depends, from.depends}) {
      const auto clauses = deb::parse_relations(field);
      if (!clauses) continue;
      for (const deb::Clause& clause : *clauses) {
        for (const deb::Alternative& each : clause) {
          if (foreign.erase(each.name) == 0) continue;
          const auto [first, last] = named.equal_range(each.name);
          for (auto at = first; at != last; ++at) todo.push_back(at->second);
        }
      }
    }
  }
}

/// Packages of nearly every root file system whose names say nothing of their source.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> unlike = {
    {{"passwd", "shadow"}, {"login", "shadow"}, {"login.defs", "shadow"}, {"mount", "util-linux"}, {"fdisk", "util-linux"}, {"login", "util-linux"}, {"udev", "systemd"}, {"locales", "glibc"}}};

/// Whether a package's name tells of its source's: `libssl3t64` nothing of `openssl` but `ss`, which is enough. A common `lib` is nothing.
bool is_named_after(std::string_view package, std::string_view source) {
  if (package == source || std::ranges::find(unlike, std::pair(package, source)) != unlike.end()) return true;
  constexpr std::string_view prefix = "lib";
  if (package.starts_with(prefix) && source.starts_with(prefix)) package.remove_prefix(prefix.size()), source.remove_prefix(prefix.size());
  if (source.size() < 2) return package.find(source) != std::string_view::npos;
  for (size_t at = 0; at + 2 <= source.size(); ++at) {
    if (package.find(source.substr(at, 2)) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

Result<Names> nobodys_sources(const Subject& subject, const Distribution& distribution, advisory::Database& database) {
  Names out, borne_out;
  if (subject.contents == nullptr) return out;
  std::map<std::string, Place> named;
  for (const Component& each : subject.components) {
    if (each.type != "deb" || each.found_by == "elf-note") continue;
    Place place = place_of(each, distribution);
    if (!place.reason.empty()) continue;
    if (is_named_after(each.name, place.package)) borne_out.insert(place.package);
    else named.emplace(place.package, std::move(place));
  }
  for (const Component& each : subject.claims) {
    if (each.found_by != "sbom" && !each.source.empty()) borne_out.insert(each.source);
  }
  for (const auto& [source, place] : named) {
    if (borne_out.contains(source)) continue;
    TRY_ASSIGN(const bool known, is_known(place, database));
    if (!known) out.insert(source);
  }
  return out;
}

std::string nobodys_reason(const Component& component) {
  return fmt::format("its record says that it was built from '{}', and neither a feed nor anything else in the image knows such a source", component.source);
}

Result<Names> foreign_packages(const Subject& subject, const Distribution& distribution, advisory::Database& database) {
  Names foreign, sources;
  if (subject.contents == nullptr || distribution.id != "debian") return foreign;
  std::vector<std::pair<const Component*, Place>> open;
  for (const Component& each : subject.components) {
    if (each.type != "deb" || each.found_by == "elf-note") continue;
    Place place = place_of(each, distribution);
    if (!place.reason.empty()) continue;
    if (is_shown(each)) sources.insert(place.package);
    else open.emplace_back(&each, std::move(place));
  }
  for (const auto& [component, place] : open) {
    TRY_ASSIGN(const bool known, sources.contains(place.package) ? Result<bool>(true) : is_known(place, database));
    if (known) sources.insert(place.package);
  }
  for (const auto& [component, place] : open) {
    if (!sources.contains(place.package)) foreign.insert(component->name);
  }
  follow_priorities(subject.contents->packages, foreign);
  do follow_dependencies(subject.contents->packages, foreign);
  while (follow_maintainers(subject.contents->packages, foreign));
  for (const Component& each : subject.components) {
    if (each.type == "deb" && each.found_by != "elf-note" && is_anothers(each, distribution)) foreign.insert(each.name);
  }
  return foreign;
}

std::string foreign_reason(const Component& component) {
  return fmt::format("nothing shows that the distribution built it, and its advisories would not name it (maintainer: '{}')", component.maintainer);
}

}  // namespace ashlar::scan
