#pragma once
// Versions of the Alpine family's packages, as apk-tools 3 reads and orders them (apk-package(5), "PACKAGE VERSION").
#include <compare>
#include <string_view>

#include "base/result.h"

namespace ashlar::apk {

/// `digits{.digits}{letter}{_suffix{digits}}{~hash}{-rdigits}`, the suffixes alpha beta pre rc cvs svn git hg p.
bool is_version(std::string_view text);
/// How `a` stands to `b`; Invalid when one is no version. Numbers have any length.
Result<std::weak_ordering> compare_versions(std::string_view a, std::string_view b);

}  // namespace ashlar::apk
