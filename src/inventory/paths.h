#pragma once
// Where paths lead in an image.
#include <map>
#include <string>
#include <string_view>

#include "inventory/contents.h"

namespace ashlar::inventory {

/// Paths as the image resolves them: every symlink on the way to the last part followed (`bin/sh` is `usr/bin/sh` where /bin leads to usr/bin).
class PathResolver {
 public:
  explicit PathResolver(const std::map<std::string, File>& files) : files_(files) {}
  /// As it is where links loop.
  std::string resolve(std::string_view path);
  /// As resolve(), and where that is a symlink itself, what it leads to in the end.
  std::string follow(std::string_view path);

 private:
  const std::map<std::string, File>& files_;
  std::map<std::string, std::string, std::less<>> known_;
  std::string last_folder_, last_leads_;  ///< of resolve(): lists name the files of a folder one after the other
};

}  // namespace ashlar::inventory
