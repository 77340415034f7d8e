#pragma once
// The grammars of versions, one file each. A pair in, its order out; Invalid when a text is no version there. Numbers have any length; nothing is kept.
#include <compare>
#include <string_view>

#include "base/result.h"

namespace ashlar::advisory {

/// rpm's rpmvercmp over epoch, version and release.
Result<std::weak_ordering> compare_rpm(std::string_view a, std::string_view b);
/// Semantic Versioning 2.0.0.
Result<std::weak_ordering> compare_semver(std::string_view a, std::string_view b);
/// Versions of Go modules, and of the standard library as its releases, binaries and the Go vulnerability database write them.
Result<std::weak_ordering> compare_go(std::string_view a, std::string_view b);
/// PEP 440.
Result<std::weak_ordering> compare_pep440(std::string_view a, std::string_view b);
/// ComparableVersion of Maven 3.9.
Result<std::weak_ordering> compare_maven(std::string_view a, std::string_view b);

/// `cannot read version 'a': <cause>`
std::unexpected<Error> no_version(std::string_view text, std::string_view cause);

}  // namespace ashlar::advisory
