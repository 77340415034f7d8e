// What else in an image says which versions of packages are installed: Debian's changelogs, the list that ashlar puts into its images, dpkg's log. Claims
// alone: whoever judges the package database holds it against them.
#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/codec.h"
#include "base/json.h"
#include "base/text.h"
#include "inventory/inner/part_file.h"
#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr std::string_view documentation = "usr/share/doc/", own_list = "usr/share/ashlar/packages.json", log = "var/log/dpkg.log";
constexpr size_t max_heading = 4096;

/// `changelog`, `changelog.Debian` or `changelog.Debian.ARCH` (of a rebuild for one architecture), packed or not, right in a package's folder.
bool is_changelog(std::string_view path) {
  if (!path.starts_with(documentation) || std::ranges::count(path, '/') != 4) return false;
  std::string_view name = name_of(path);
  if (name.ends_with(".gz")) name.remove_suffix(3);
  if (name == "changelog" || name == "changelog.Debian") return true;
  constexpr std::string_view of_one = "changelog.Debian.";
  return name.starts_with(of_one) && name.find('.', of_one.size()) == std::string_view::npos && name.substr(of_one.size()) != "old";
}

/// The first line, as far as `max_heading` bytes; empty when the file is packed and damaged.
std::string first_line(const host::ReadFile& file) {
  const auto bytes = read_range(file, 0, std::min<std::uint64_t>(file.size(), 64 << 10));
  if (!bytes) return {};
  const Codec codec = codec_of_magic(*bytes);
  const auto stream = decode(codec, std::make_unique<MemorySource>(*bytes));
  std::string out(max_heading, '\0');
  size_t size = 0;
  for (size_t count = 1; count != 0 && size < out.size(); size += count) {
    const auto read = stream->read(std::span(reinterpret_cast<std::uint8_t*>(out.data()) + size, out.size() - size));
    count = read.value_or(0);  // it may be cut off behind the part that was taken
  }
  out.resize(size);
  return out.substr(0, out.find('\n'));
}

/// `openssl (3.5.1-1) trixie; urgency=medium` (deb-changelog(5)).
Told read_changelog(std::string_view path, const host::ReadFile& file) {
  const std::string heading = first_line(file);
  const std::string_view line = heading;
  const size_t open = line.find(" ("), close = line.find(')');
  if (open == std::string_view::npos || open == 0 || close == std::string_view::npos || close < open || line.find("; urgency=", close) == std::string_view::npos) return {};
  const std::string_view source = line.substr(0, open), version = line.substr(open + 2, close - open - 2);
  if (source.find_first_of(" \t") != std::string_view::npos || version.empty() || version.find_first_of(" \t") != std::string_view::npos || !is_utf8(source) || !is_utf8(version)) return {};
  Component out{.type = "deb", .name = std::string(name_of(folder_of(path))), .source = std::string(source), .source_version = std::string(version), .path = std::string(path), .remark = "its changelog"};
  return {.claims = {std::move(out)}};
}

/// The version in the name of a package's file, which has no epoch: of `pool/o/openssl/libssl3t64_3.5.1-1_amd64.deb` `3.5.1-1`.
std::string_view version_in_name(std::string_view file) {
  const auto parts = split(name_of(file), '_');
  return parts.size() == 3 ? parts[1] : std::string_view();
}

/// The source in the path of a package's file, where it lies as Debian's archive has it: `openssl` in `pool/main/o/openssl/libssl3t64_3.5.1-1_amd64.deb`.
std::string_view source_in_path(std::string_view path) {
  const auto parts = split(path, '/');
  if (parts.size() < 4) return {};
  const std::string_view source = parts[parts.size() - 2];
  return !source.empty() && parts[parts.size() - 3] == source.substr(0, source.starts_with("lib") ? 4 : 1) ? source : std::string_view();
}

/// docs/formats/image-json.md, "packages.json".
Told read_own_list(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file);
  const auto json = text ? parse_json(*text, path) : std::unexpected(text.error());
  const auto list = json && json->is_object() ? json->find("packages") : Json::const_iterator();
  if (!json || !json->is_object() || list == json->end() || !list->is_object()) return {.notes = {unread(path, json ? "it has no packages" : json.error().message)}};
  Told told;
  for (const auto& [name, entry] : list->items()) {
    const auto version = entry.is_object() ? get_string(entry, "version") : Result<std::string>("");
    if (!version || version->empty()) continue;
    const auto pool = get_string(entry, "path");
    told.claims.push_back({.type = "deb", .name = name, .version = *version, .source = std::string(pool ? source_in_path(*pool) : ""), .path = std::string(path), .remark = "the image's own list"});
    const std::string_view named = pool ? version_in_name(*pool) : std::string_view();
    const std::string_view upstream = std::string_view(*version).substr(version->find(':') + 1);
    if (!named.empty() && named != upstream) told.claims.push_back({.type = "deb", .name = name, .version = std::string(named), .path = std::string(path), .remark = "the name of its file"});
  }
  return told;
}

/// `2026-11-26 10:00:00 status installed libc6:amd64 2.41-12`: the last line of each package counts.
Told read_log(std::string_view path, const host::ReadFile& file) {
  const auto text = read_text(file, 64 << 20);
  if (!text) return {.notes = {unread(path, text.error().message)}};
  std::map<std::string_view, std::pair<std::string_view, std::string_view>> last;  // state and version
  for (const std::string_view line : Parts(*text, '\n')) {
    const auto parts = words(line);
    if (parts.size() == 6 && parts[2] == "status" && is_utf8(line)) last[parts[4]] = {parts[3], parts[5]};
  }
  Told told;
  for (const auto& [package, state] : last) {
    const auto [name, architecture] = cut(package, ':');
    if (state.first != "installed") continue;
    told.claims.push_back({.type = "deb", .name = std::string(name), .version = std::string(state.second), .architecture = std::string(architecture), .path = std::string(path), .remark = "dpkg's log"});
  }
  return told;
}

}  // namespace

bool wants_version_records(std::string_view path, BytesView) { return path == own_list || path == log || is_changelog(path); }

Told read_version_records(std::string_view path, const host::ReadFile& file) {
  return path == own_list ? read_own_list(path, file) : path == log ? read_log(path, file) : read_changelog(path, file);
}

}  // namespace ashlar::inventory
