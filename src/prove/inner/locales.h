#pragma once
// The names in an archive of compiled locales (glibc, locale/locarchive.h).
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::prove {

/// By the archive's beginning, which holds them all where it is not cut too short; none where it is no archive.
std::vector<std::string> locales_in_archive(std::string_view front);

}  // namespace ashlar::prove
