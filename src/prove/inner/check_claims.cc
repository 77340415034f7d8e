// Checks on what files of the system say: os-release, certificates, time zones.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time.h"
#include "prove/inner/certificates.h"
#include "prove/inner/scene.h"

namespace ashlar::prove {
namespace {

bool has_package(const Scene& scene, std::string_view name) {
  const auto& all = scene.contents.packages;
  return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
}

/// os-release(5).
std::map<std::string, std::string, std::less<>> read_os_release(std::string_view text) {
  std::map<std::string, std::string, std::less<>> out;
  for (const std::string_view line : split(text, '\n')) {
    auto [key, value] = cut(trim(line), '=');
    if (key.empty() || key.starts_with('#')) continue;
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front()) value = value.substr(1, value.size() - 2);
    out.insert_or_assign(std::string(key), std::string(value));
  }
  return out;
}

/// The day on which certificates must still hold: the newest of the lock's archives, else the image's own.
Result<Time> day_of(const Scene& scene) {
  Time newest{};
  if (scene.yardstick.lock != nullptr) {
    for (const auto& archive : scene.yardstick.lock->archives) {
      const auto date = Time::parse(archive.date);
      if (date) newest = std::max(newest, *date);
    }
  }
  if (newest.seconds != 0) return newest;
  return Time::parse(scene.contents.config.created);
}

/// Judges every certificate of a bundle; returns how many there are.
size_t judge_bundle(std::string_view text, std::string_view path, Time day, Check& check) {
  size_t count = 0;
  for (const BundledCertificate& each : certificates_in(text)) {
    ++count;
    if (!each.ends) against(check, fmt::format("certificate {} of {} is damaged", count, shown(path)));
    else if (*each.ends < day) against(check, fmt::format("root '{}' of {} had expired on {}", each.name, shown(path), each.ends->date()));
  }
  return count;
}

}  // namespace

std::string distribution_of(const Root& root) {
  const std::string* text = root.text("etc/os-release");
  if (text == nullptr) text = root.text("usr/lib/os-release");
  if (text == nullptr) return {};
  const auto fields = read_os_release(*text);
  const auto id = fields.find("ID"), version = fields.find("VERSION_ID");
  return id == fields.end() || version == fields.end() ? std::string() : fmt::format("{}-{}", id->second, version->second);
}

Check ca_bundle(const Scene& scene) {
  Check check = passing("ca-bundle", "the bundle of root certificates can be read, and holds none that had expired");
  std::vector<std::string> paths;
  const std::string named = oci::variable(scene.contents.config, "SSL_CERT_FILE").value_or("");
  for (const std::string_view path : {std::string_view("etc/ssl/certs/ca-certificates.crt"), std::string_view("etc/ssl/cert.pem"), std::string_view("etc/pki/tls/certs/ca-bundle.crt")}) {
    const auto real = scene.root.resolve(path);
    if (real && std::find(paths.begin(), paths.end(), *real) == paths.end()) paths.push_back(*real);
  }
  if (!named.empty()) {
    const auto real = scene.root.resolve(named);
    if (!real) against(check, fmt::format("SSL_CERT_FILE names '{}', which the image lacks", named));
    else if (std::find(paths.begin(), paths.end(), *real) == paths.end()) paths.push_back(*real);
  }
  if (paths.empty() && check.outcome == Outcome::Passed) {
    if (!has_package(scene, "ca-certificates")) return not_applicable(check.id, check.title, "the image has no bundle, no package of certificates, and names none in SSL_CERT_FILE");
    against(check, "the image has the package 'ca-certificates', but no bundle");
  }
  const auto day = day_of(scene);
  if (!day) against(check, "neither the lock nor the image says of which day it is");
  for (const std::string& path : paths) {
    const std::string* const text = scene.root.text(path);
    const size_t count = text == nullptr ? 0 : judge_bundle(*text, path, day.value_or(Time{}), check);
    if (count == 0) against(check, fmt::format("{} holds no certificate", shown(path)));
    else check.evidence.push_back(fmt::format("{}: {} roots, held against {}", shown(path), count, day.value_or(Time{}).date()));
  }
  return check;
}

Check time_zones(const Scene& scene) {
  Check check = passing("time-zones", "time zones that are promised can be read");
  const std::string zone = oci::variable(scene.contents.config, "TZ").value_or("");
  const bool data = has_package(scene, "tzdata") || has_package(scene, "tzdata-legacy");
  const bool local = scene.contents.files.contains("etc/localtime");
  if (zone.empty() && !data && !local) return not_applicable(check.id, check.title, "the image has no time zone data, and no TZ names a zone");
  const auto is_zone = [&](std::string_view path) {
    const inventory::File* const file = scene.root.file(path);
    const FileFacts* const facts = file == nullptr ? nullptr : scene.facts_of(*file);
    return facts != nullptr && facts->time_zone;
  };
  size_t zones = 0;
  for (auto each = scene.contents.files.lower_bound("usr/share/zoneinfo/"); each != scene.contents.files.end() && each->first.starts_with("usr/share/zoneinfo/"); ++each) {
    if (each->second.entry.type != FileType::Symlink && is_zone(each->first)) ++zones;
    else if (each->second.entry.type == FileType::Symlink && !scene.root.resolve(each->first)) against(check, fmt::format("{} leads nowhere", shown(each->first)));
  }
  if (data && !is_zone("usr/share/zoneinfo/UTC") && !is_zone("usr/share/zoneinfo/Etc/UTC")) against(check, "the package 'tzdata' is in the image, but '/usr/share/zoneinfo/UTC' is no time zone");
  if (!zone.empty()) {
    const std::string name = zone.substr(zone.starts_with(':') ? 1 : 0);
    const std::string path = name.starts_with('/') ? name : "usr/share/zoneinfo/" + name;
    // POSIX 8.3: a rule such as `CET-1CEST` needs no file.
    const bool rule = name.find_first_of("0123456789") != std::string::npos && name.find('/') == std::string::npos;
    if (!is_zone(path) && !rule) against(check, fmt::format("TZ names '{}', and '/{}' is no time zone", zone, path));
  }
  if (local && !is_zone("etc/localtime")) against(check, "'/etc/localtime' leads to no time zone");
  check.evidence.push_back(fmt::format("{} zones", zones));
  return check;
}

Check os_release(const Scene& scene) {
  Check check = passing("os-release", "what the image says of its distribution is true");
  const std::string* text = scene.root.text("etc/os-release");
  if (text == nullptr) text = scene.root.text("usr/lib/os-release");
  if (text == nullptr) {
    against(check, "the image has no '/etc/os-release'");
    return check;
  }
  const auto fields = read_os_release(*text);
  const auto get = [&](std::string_view key) { const auto found = fields.find(key); return found == fields.end() ? std::string() : found->second; };
  const std::string id = get("ID"), version = get("VERSION_ID");
  if (id.empty()) against(check, "'/etc/os-release' has no ID; give the definition the key 'os-release'");
  if (const std::string* const debian = scene.root.text("etc/debian_version"); debian != nullptr && id == "debian") {
    const std::string_view says = trim(*debian);
    if (cut(says, '.').first != version && says.find("/sid") == std::string_view::npos) against(check, fmt::format("'/etc/os-release' says {} {}, '/etc/debian_version' says {}", id, version, says));
    else check.evidence.push_back(fmt::format("'/etc/debian_version' says {}", says));
  } else if (id == "debian") {
    against(check, "'/etc/os-release' says debian, and there is no '/etc/debian_version'");
  }
  for (const auto& package : scene.contents.packages) {
    // base-files has the release's number before its first dot.
    if (package.name != "base-files" || id != "debian") continue;
    if (cut(package.version, '.').first != version) against(check, fmt::format("'/etc/os-release' says {} {}, and package 'base-files' is {}", id, version, package.version));
    else check.evidence.push_back(fmt::format("package 'base-files' is {}", package.version));
  }
  if (const plan::Definition* const definition = scene.definition()) {
    const plan::OsRelease& wanted = definition->os_release;
    for (const auto& [key, value] : {std::pair{"ID", wanted.id}, {"VERSION_ID", wanted.version_id}, {"VERSION_CODENAME", wanted.version_codename}}) {
      if (!value.empty() && get(key) != value) against(check, fmt::format("'/etc/os-release' has {} '{}', the definition '{}'", key, get(key), value));
    }
    if (id == "debian" && definition->distribution != fmt::format("debian-{}", version)) against(check, fmt::format("'/etc/os-release' says {} {}, the definition is for '{}'", id, version, definition->distribution));
  }
  if (!id.empty()) check.evidence.push_back(fmt::format("'/etc/os-release' says {} {}", id, version));
  return check;
}

}  // namespace ashlar::prove
