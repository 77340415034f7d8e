#pragma once
// Where the members of a layer land when a runtime unpacks it over those below: containerd, docker and umoci agree on that.
#include <set>
#include <string>
#include <string_view>

#include "base/links.h"
#include "base/result.h"

namespace ashlar::inventory {

/// By the text alone: without a leading slash, empty parts and `.`; `..` takes the part before it away, and of the root it is the root.
std::string clean_path(std::string path);

/// The paths of one layer's members while it is laid. A member lands in the folder that its path leads to through the symlinks which stand by then, its own
/// layer's and those of lower ones, and never out of the root; a symlink in its own place is replaced.
class Landing {
 public:
  /// `link_at` says what stands by then.
  explicit Landing(LinkAt link_at) : link_at_(std::move(link_at)) {}
  /// Of a clean path. Corrupt where the links on the way loop.
  Result<std::string> of(const std::string& path);
  /// Of what a hard link is to lead to, as it is written. Corrupt also where it climbs out of a folder that it entered through a symlink: there runtimes differ.
  Result<std::string> of_target(const std::string& link);
  /// A symlink now stands at `path`.
  void put_symlink(const std::string& path);

 private:
  LinkAt link_at_;
  std::set<std::string, std::less<>> sound_;  ///< folders with no symlink on the way
  std::string last_;                          ///< of them the one that was asked for last
};

}  // namespace ashlar::inventory
