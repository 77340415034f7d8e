#pragma once
// The image's file system as a process in it sees it: symlinks are followed, and none leads out.
#include <optional>
#include <string>
#include <string_view>

#include "inventory/contents.h"

namespace ashlar::prove {

class Root {
 public:
  /// Borrows the contents.
  explicit Root(const inventory::Contents& contents) : contents_(contents) {}

  /// Where `path` (absolute or from the root) leads when every symlink is followed; nothing when something on the way is not there, no folder, or more
  /// than 40 links (path_resolution(7)).
  std::optional<std::string> resolve(std::string_view path) const;
  /// The file behind a path.
  const inventory::File* file(std::string_view path) const;
  bool is_folder(std::string_view path) const;
  /// The text that was kept of a file behind a path, or nothing.
  const std::string* text(std::string_view path) const;
  const inventory::Contents& contents() const { return contents_; }

 private:
  const inventory::Contents& contents_;
};

/// The path of what holds `path`; empty for what lies in the root itself.
std::string_view parent_of(std::string_view path);

}  // namespace ashlar::prove
