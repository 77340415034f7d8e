#pragma once
// What an image says of the distribution that it is made of: os-release(5). A claim, like all that stands in an image.
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "inventory/contents.h"

namespace ashlar::inventory {

struct OsRelease {
  std::string path;  ///< that it stands in, without a leading slash
  std::map<std::string, std::string, std::less<>> fields;
  std::string_view operator[](std::string_view key) const {  ///< empty when there is none
    const auto found = fields.find(key);
    return found == fields.end() ? std::string_view() : std::string_view(found->second);
  }
};

/// Whether find_os_release() reads this file: for `ReadOptions::keep`.
bool tells_os_release(std::string_view path);
/// Assignments of os-release(5): quoted as in a shell, nothing substituted; lines that are none are passed over.
OsRelease read_os_release(std::string_view text, std::string_view path);
/// `etc/os-release`, else `usr/lib/os-release`; nothing when the image has neither.
std::optional<OsRelease> find_os_release(const Contents& contents);

}  // namespace ashlar::inventory
