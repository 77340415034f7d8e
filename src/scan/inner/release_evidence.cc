#include "scan/inner/release_evidence.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::scan {
namespace {

/// A package whose version is its distribution's release, or a file that says it.
struct Witness {
  std::string_view type, name, id;
};
constexpr std::array packages = {Witness{"deb", "base-files", "debian"}, Witness{"apk", "alpine-release", "alpine"}, Witness{"apk", "wolfi-baselayout", "wolfi"}};
constexpr std::array files = {Witness{"", "etc/debian_version", "debian"}, Witness{"", "etc/alpine-release", "alpine"}};

/// The space of a release that a witness names, as os-release would name it.
std::string space_of(std::string_view id, std::string_view release) {
  return identify(inventory::OsRelease{"", {{"ID", std::string(id)}, {"VERSION_ID", std::string(release)}}}).space;
}

/// The release that an update was made for: 13 of `3.5.1-1+deb13u1` and `12.4~deb12u5`; not of what was built anew for an older one, `1.2-1+deb13u1~bpo12+1`.
std::optional<unsigned> release_of_update(std::string_view version) {
  constexpr std::string_view mark = "deb";
  if (version.find("~bpo") != std::string_view::npos) return std::nullopt;
  const size_t at = version.rfind(mark);
  if (at == std::string_view::npos || at == 0 || (version[at - 1] != '+' && version[at - 1] != '~')) return std::nullopt;
  unsigned out = 0;
  const auto [end, error] = std::from_chars(version.data() + at + mark.size(), version.data() + version.size(), out);
  return error == std::errc{} && end != version.data() + version.size() && *end == 'u' ? std::optional(out) : std::nullopt;
}

void ask_packages(const Subject& subject, const Distribution& distribution, std::vector<std::string>& out) {
  for (const inventory::Component& each : subject.components) {
    const auto row = std::ranges::find_if(packages, [&](const Witness& witness) { return witness.type == each.type && witness.name == each.name; });
    if (row == packages.end() || each.found_by == "elf-note") continue;
    if (row->id == "debian" && distribution.id != "debian") continue;  // its family has a package of that name, too
    if (const std::string space = space_of(row->id, each.version); space != distribution.space) out.push_back(fmt::format("'{}' {} is of '{}'", each.name, each.version, space));
  }
}

void ask_files(const Subject& subject, const Distribution& distribution, std::vector<std::string>& out) {
  for (const Witness& row : files) {
    const auto text = subject.contents->texts.find(std::string(row.name));
    if (text == subject.contents->texts.end() || row.id != distribution.id) continue;
    const std::string_view release = trim(text->second);
    if (release.empty() || release[0] < '0' || release[0] > '9') continue;  // `trixie/sid`, of what is no release yet
    if (const std::string space = space_of(row.id, release); space != distribution.space) out.push_back(fmt::format("'{}' says '{}'", row.name, release.substr(0, 40)));
  }
}

void ask_updates(const Subject& subject, const Distribution& distribution, std::vector<std::string>& out) {
  unsigned own = 0;
  std::from_chars(distribution.version.data(), distribution.version.data() + distribution.version.size(), own);
  if (distribution.id != "debian" || own == 0) return;
  for (const inventory::Component& each : subject.components) {
    const auto release = each.type == "deb" && each.found_by != "elf-note" ? release_of_update(each.version) : std::nullopt;
    if (release && *release > own) return out.push_back(fmt::format("'{}' {} is an update of release {}", each.name, each.version, *release));
  }
}

}  // namespace

bool tells_release(std::string_view path) {
  return std::ranges::any_of(files, [&](const Witness& row) { return row.name == path; });
}

std::vector<std::string> against_release(const Subject& subject, const Distribution& distribution) {
  std::vector<std::string> out;
  if (subject.contents == nullptr || distribution.space.empty()) return out;
  ask_packages(subject, distribution, out);
  ask_files(subject, distribution, out);
  if (out.empty()) ask_updates(subject, distribution, out);
  return out;
}

}  // namespace ashlar::scan
