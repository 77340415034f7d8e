#include <string>

#include "advisory/inner/grammars.h"
#include "advisory/inner/semver_version.h"

namespace ashlar::advisory {
namespace {

size_t digits(std::string_view text) {
  const size_t end = text.find_first_not_of("0123456789");
  return end == std::string_view::npos ? text.size() : end;
}

/// A release tag of Go without its `go`, `1.22`, `1.22.3`, `1.22rc1` or `1.21beta1`, as the vulnerability database writes it: `1.22.0-rc.1`.
bool read_tag(std::string_view tag, Semver& out, std::string& prerelease) {
  out = {};
  const size_t major = digits(tag);
  if (!tag.substr(major).starts_with('.')) return false;
  out.major = tag.substr(0, major);
  tag.remove_prefix(major + 1);
  const size_t minor = digits(tag);
  out.minor = tag.substr(0, minor);
  tag.remove_prefix(minor);
  if (tag.starts_with('.')) {
    tag.remove_prefix(1);
    const size_t patch = digits(tag);
    out.patch = tag.substr(0, patch);
    tag.remove_prefix(patch);
  }
  if (!is_semver_number(out.major) || !is_semver_number(out.minor) || !is_semver_number(out.patch)) return false;
  if (tag.empty()) return true;
  for (const std::string_view kind : {"beta", "rc"}) {
    if (!tag.starts_with(kind) || !is_semver_number(tag.substr(kind.size()))) continue;
    prerelease.assign(kind).append(1, '.').append(tag.substr(kind.size()));
    out.prerelease = prerelease;
    return true;
  }
  return false;
}

/// What a binary says of the toolchain that built it: a tag, `-` and a vendor's suffix, a blank and what else was chosen (`X:boringcrypto`). Neither has a
/// part in the order (go/version). A development toolchain (`go1.25-devel_0a1b`, `devel go1.23-0a1b`) is no version: it lies anywhere before the release.
bool read_toolchain(std::string_view text, Semver& out, std::string& prerelease) {
  text = text.substr(0, text.find(' '));
  const size_t dash = text.find('-');
  if (dash != std::string_view::npos && (dash + 1 == text.size() || text.substr(dash + 1).starts_with("devel"))) return false;
  text = text.substr(0, dash);
  if (text == "1") {  // the tag of 1.0.0
    out = {.major = text};
    return true;
  }
  return text != "1.0" && read_tag(text, out, prerelease);  // there is no such tag
}

bool read_go(std::string_view text, Semver& out, std::string& prerelease) {
  if (text.starts_with("go")) return read_toolchain(text.substr(2), out, prerelease);
  return read_semver(text, out) || read_tag(text, out, prerelease);
}

}  // namespace

Result<std::weak_ordering> compare_go(std::string_view a, std::string_view b) {
  Semver x, y;
  std::string x_prerelease, y_prerelease;  // only of tags; short, so in place
  if (!read_go(a, x, x_prerelease)) return no_version(a, "it is no version of a Go module or toolchain");
  if (!read_go(b, y, y_prerelease)) return no_version(b, "it is no version of a Go module or toolchain");
  return x <=> y;
}

}  // namespace ashlar::advisory
