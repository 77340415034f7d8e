#pragma once
// What the packages of an image say that they ship: digests and lists of paths, by the image's own paths.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "inventory/contents.h"

namespace ashlar::inventory {

/// Paths as the image resolves them: every symlink on the way to the last part followed (`bin/sh` is `usr/bin/sh` where /bin leads to usr/bin).
class PathResolver {
 public:
  explicit PathResolver(const std::map<std::string, File>& files) : files_(files) {}
  /// As it is where links loop or lead out of the tree.
  std::string resolve(std::string_view path);

 private:
  std::string folder(const std::string& path, int depth);
  const std::map<std::string, File>& files_;
  std::map<std::string, std::string> known_;
};

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
