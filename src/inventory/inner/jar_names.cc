#include "inventory/inner/jar_names.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::inventory {
namespace {

constexpr size_t max_value = 4096, max_keys = 1000;

std::string get(const Manifest& manifest, std::string_view key) {
  const auto found = manifest.find(key);
  return found == manifest.end() || found->second.find("${") != std::string::npos || !is_utf8(found->second) ? std::string() : found->second;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// A version as jars carry it: no white space, and it has a digit.
bool is_version(std::string_view text) { return !text.empty() && text.size() <= 100 && text.find_first_of(" \t,;") == std::string_view::npos && std::ranges::any_of(text, is_digit); }

/// `org.apache.commons.lang3;singleton:=true` without its directives.
std::string symbolic_name(const Manifest& manifest) { return std::string(trim(cut(get(manifest, "Bundle-SymbolicName"), ';').first)); }

/// A group id: reversed host names, no blanks.
bool is_group(std::string_view text) {
  return !text.empty() && text.find('.') != std::string_view::npos && text.find_first_of(" /:@") == std::string_view::npos && !is_digit(text[0]);
}

/// The group that stands before the artifact in a symbolic name (`com.fasterxml.jackson.core.jackson-databind`), or which the vendor gives as his.
std::string group_of(const Manifest& manifest, std::string_view artifact) {
  for (const std::string& each : {symbolic_name(manifest), get(manifest, "Automatic-Module-Name")}) {
    const std::string suffix = "." + std::string(artifact);
    if (each.ends_with(suffix) && is_group(each.substr(0, each.size() - suffix.size()))) return each.substr(0, each.size() - suffix.size());
  }
  const std::string vendor = get(manifest, "Implementation-Vendor-Id");
  return is_group(vendor) ? vendor : std::string();
}

}  // namespace

Manifest read_jar_manifest(std::string_view text) {
  Manifest out;
  std::string* last = nullptr;
  for (std::string_view line : Parts(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;  // sections of entries follow
    if (line.starts_with(' ')) {
      if (last != nullptr && last->size() < max_value) *last += line.substr(1);
      continue;
    }
    const auto [key, value] = cut(line, ':');
    if (out.size() == max_keys) break;
    last = &out.insert_or_assign(std::string(key), std::string(trim(value).substr(0, max_value))).first->second;
  }
  return out;
}

std::pair<std::string, std::string> split_jar_name(std::string_view stem) {
  for (size_t at = stem.find('-'); at != std::string_view::npos; at = stem.find('-', at + 1)) {
    std::string_view rest = stem.substr(at + 1);
    if (rest.size() > 1 && rest[0] == 'v' && is_digit(rest[1])) rest.remove_prefix(1);
    if (at != 0 && !rest.empty() && is_digit(rest[0]) && is_version(rest)) return {std::string(stem.substr(0, at)), std::string(rest)};
  }
  return {std::string(stem), {}};
}

Component jar_by_manifest(std::string_view file_name, const Manifest& manifest) {
  const auto [stem, by_name] = split_jar_name(file_name.substr(0, file_name.rfind('.')));
  std::string by_manifest;
  for (const std::string_view key : {"Implementation-Version", "Bundle-Version", "Specification-Version"}) {
    by_manifest = get(manifest, key);
    if (is_version(by_manifest)) break;
    by_manifest.clear();
  }
  Component out{.type = "maven"};
  const std::string group = group_of(manifest, stem);
  out.name = group.empty() ? stem : fmt::format("{}:{}", group, stem);
  out.version = by_name.empty() ? by_manifest : by_name;
  if (out.version.empty()) out.remark = "by its file name alone, and without a version";
  else if (by_manifest.empty() && group.empty()) out.remark = "by its file name alone";
  else if (by_manifest.empty()) out.remark = "by its file name, the group by its manifest";
  else if (!by_name.empty() && by_name != by_manifest && !by_manifest.starts_with(by_name + ".") && !by_name.starts_with(by_manifest + "."))
    out.remark = fmt::format("its file name says {}, its manifest {}", by_name, by_manifest);
  else out.remark = group.empty() ? "by its manifest, which names no group" : "by its manifest";
  return out;
}

}  // namespace ashlar::inventory
