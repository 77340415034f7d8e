#pragma once
// What the packages of an image say that they ship: digests and lists of paths, by the image's own paths.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "inventory/paths.h"

namespace ashlar::inventory {

struct Shipped {
  struct Lists {
    std::map<std::string, std::string> sums;      ///< MD5 by path: md5sums, and conffiles
    std::optional<std::set<std::string>> paths;   ///< info/NAME.list, where there is one
  };
  std::map<std::string, Lists, std::less<>> packages;  ///< every installed package, by name
  std::map<std::string, std::string> by_path;          ///< the package that lists a path
};

Shipped read_shipped(const Contents& contents, PathResolver& resolver);

}  // namespace ashlar::inventory
