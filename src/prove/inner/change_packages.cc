// Packages, and what of them is compared by what it says: roots of trust, time zones.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "deb/version.h"
#include "prove/inner/certificates.h"
#include "prove/inner/changes.h"

namespace ashlar::prove {
namespace {

using Packages = std::map<std::string, const inventory::InstalledPackage*>;

Packages packages_of(const Surface::Seen& seen) {
  Packages out;
  for (const auto& each : seen.contents.packages) out.try_emplace(each.name, &each);
  return out;
}

/// A name without its version: `libssl` of libssl3t64 and libssl3.
std::string_view stem_of(std::string_view name) {
  if (name.ends_with("t64")) name.remove_suffix(3);
  const size_t end = name.find_last_not_of("0123456789.");
  return name.substr(0, end == std::string_view::npos ? name.size() : end + 1);
}

/// Whether the field `Provides` names it (deb-src-control(5)): `a, b (= 1)`.
bool provides(const inventory::InstalledPackage& package, std::string_view name) {
  for (const std::string_view each : split(package.provides, ',')) {
    if (cut(trim(each), ' ').first == name) return true;
  }
  return false;
}

/// The first number of what its authors call the version.
std::optional<std::uint64_t> major_of(const deb::Version& version) {
  const std::string_view text = version.upstream();
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() ? std::optional(out) : std::nullopt;
}

void compare_version(Changes& changes, const inventory::InstalledPackage& before, const inventory::InstalledPackage& after) {
  const auto was = deb::Version::parse(before.version), is = deb::Version::parse(after.version);
  if (!was || !is) return;
  if (*is < *was) {
    changes.add(Weight::Notable, "package-older", before.name, fmt::format("{} went back from {} to {}", before.name, before.version, after.version));
    return;
  }
  const auto old_major = major_of(*was), new_major = major_of(*is);
  if (was->epoch() == is->epoch() && old_major && new_major && *new_major > *old_major) changes.add(Weight::Notable, "package-major", before.name, fmt::format("{} is {}, not {}: another major version", before.name, after.version, before.version));
}

/// The kept texts of the image that may hold roots of trust, by path.
std::map<std::string_view, std::string_view> trusted_texts(const Surface::Seen& seen) {
  std::map<std::string_view, std::string_view> out;
  for (const auto& [path, text] : seen.contents.texts) {
    if (path.starts_with("etc/ssl/") || path.starts_with("etc/pki/")) out.emplace(path, text);
  }
  return out;
}

/// Every root of trust that they hold.
std::map<Digest, std::string> roots_of(const Surface::Seen& seen) {
  std::map<Digest, std::string> out;
  for (const auto& [path, text] : trusted_texts(seen)) {
    for (const BundledCertificate& each : certificates_in(text)) {
      if (each.ends) out.emplace(each.digest, each.name);
    }
  }
  return out;
}

}  // namespace

void compare_certificates(Changes& changes) {
  if (trusted_texts(changes.before) == trusted_texts(changes.after)) return;
  const auto before = roots_of(changes.before), after = roots_of(changes.after);
  std::vector<std::string> gone, fresh;
  for (const auto& [digest, name] : before) {
    if (!after.contains(digest)) gone.push_back(name);
  }
  for (const auto& [digest, name] : after) {
    if (!before.contains(digest)) fresh.push_back(name);
  }
  std::ranges::sort(gone), std::ranges::sort(fresh);
  if (!before.empty() && after.empty()) changes.add(Weight::Breaking, "certificate-gone", "roots", fmt::format("none of the {} roots of trust is left", before.size()));
  else if (!gone.empty()) changes.add(Weight::Notable, "certificate-gone", "roots", fmt::format("{} of {} roots of trust are gone", gone.size(), before.size()), first_of(gone));
  if (!fresh.empty()) changes.add(before.empty() ? Weight::Neutral : Weight::Notable, "certificate-new", "roots", fmt::format("{} roots of trust came", fresh.size()), first_of(fresh));
}

void compare_time_zones(Changes& changes) {
  constexpr std::string_view folder = "usr/share/zoneinfo/";
  std::vector<std::string> gone;
  size_t zones = 0;
  const auto& files = changes.before.contents.files;
  for (auto at = files.lower_bound(std::string(folder)); at != files.end() && at->first.starts_with(folder); ++at) {
    if (changes.before.root.file(at->first) == nullptr || changes.before.root.is_folder(at->first)) continue;
    ++zones;
    if (changes.after.root.file(at->first) == nullptr) gone.push_back(at->first.substr(folder.size()));
  }
  if (gone.empty()) return;
  changes.add(Weight::Breaking, "time-zone-gone", slashed(folder), gone.size() == zones ? fmt::format("none of the {} time zones is left", zones) : fmt::format("{} of {} time zones are gone", gone.size(), zones), first_of(gone));
}

void compare_packages(Changes& changes) {
  const Packages before = packages_of(changes.before), after = packages_of(changes.after);
  for (const auto& [name, package] : before) {
    if (const auto there = after.find(name); there != after.end()) {
      compare_version(changes, *package, *there->second);
      continue;
    }
    const auto instead = std::ranges::find_if(after, [&](const auto& each) { return provides(*each.second, name) || (!before.contains(each.first) && stem_of(each.first) == stem_of(name)); });
    if (instead != after.end()) {
      changes.add(Weight::Notable, "package-replaced", name, fmt::format("{} {} is there instead of {} {}", instead->first, instead->second->version, name, package->version));
      continue;
    }
    changes.add(Weight::Breaking, "package-gone", name, fmt::format("the package {} {} is gone, and nothing provides it", name, package->version));
    if (!changes.before.owners) continue;
    for (const auto& [path, owned] : changes.before.owners->files) {
      if (owned.owner == "package:" + name) changes.told.insert(path);
    }
  }
}

}  // namespace ashlar::prove
