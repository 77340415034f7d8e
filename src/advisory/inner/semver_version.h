#pragma once
// The parts of a semantic version; Go's versions are built on them.
#include <compare>
#include <string>
#include <string_view>

namespace ashlar::advisory {

/// Views into the text that it was read from. Build metadata is not kept: it has no part in the order.
struct Semver {
  std::string_view major = "0", minor = "0", patch = "0";
  std::string_view prerelease = "";
  friend std::weak_ordering operator<=>(const Semver& a, const Semver& b);
};

/// Whether `text` is `[v]major[.minor[.patch[-prerelease][+build]]]`; what is missing is 0. Fills `out`.
bool read_semver(std::string_view text, Semver& out);
/// A number without leading zeros.
bool is_semver_number(std::string_view text);

}  // namespace ashlar::advisory
