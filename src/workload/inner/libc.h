#pragma once
// Which C library programs of an image are linked with, as far as names tell.
#include <array>
#include <string_view>

namespace ashlar::workload {

inline bool is_musl(std::string_view image) { return image.find("alpine") != std::string_view::npos || image.find("musl") != std::string_view::npos; }

/// Folders where programs and libraries lie that are bound to a C library.
inline bool is_bound(std::string_view path) {
  constexpr std::array<std::string_view, 9> parts = {"/bin/", "/sbin/", "/lib/", "/lib64", "/usr/local", "node_modules", "site-packages", "venv", "/opt/"};
  for (const std::string_view part : parts) {
    if (path.find(part) != std::string_view::npos) return true;
  }
  return path.ends_with("/bin") || path.ends_with("/lib") || path.ends_with("/sbin");
}

}  // namespace ashlar::workload
