#pragma once
// What this machine runs.
#include <string_view>

namespace ashlar::prove {

/// As platforms of images name it.
#if defined(__aarch64__)
inline constexpr std::string_view own_architecture = "arm64";
#else
inline constexpr std::string_view own_architecture = "amd64";
#endif

}  // namespace ashlar::prove
