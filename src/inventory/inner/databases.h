#pragma once
// The package databases of an image: dpkg's status, and the parts of it that images without dpkg keep (distroless, PACKAGE_METADATA.md).
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/contents.h"

namespace ashlar::inventory {

/// `var/lib/dpkg/status` and `var/lib/dpkg/status.d/NAME`.
bool is_database(std::string_view path);

struct Databases {
  std::vector<InstalledPackage> packages{};  ///< unpacked, fully installed or not; sorted by name, then architecture
  std::vector<std::string> damage{};         ///< paragraphs that do not read, and why: `cannot read line 7 of ...`; what they name is not among the packages
};
/// What the databases among `texts` name.
Databases read_packages(const std::map<std::string, std::string>& texts);

}  // namespace ashlar::inventory
