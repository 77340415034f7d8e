#pragma once
// A folder with everything below it, as a root file system.
#include <memory>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/tar.h"
#include "host/files.h"

namespace ashlar::host {

/// Every node below `folder`, sorted by path, with paths relative to it; no symlink is followed, and folders on which something else is mounted are
/// listed without what lies in them. Of several names of one file the first is Regular and the others are HardLinks to it. Sockets are left out.
/// `threads`, of which there is at least one, look, each in a folder of its own; what is listed is the same.
Result<std::vector<TarEntry>> list_tree(const Path& folder, size_t threads = 1);

/// The content of a file, or of a folder with everything below it to a depth of 32, into a hash; what is not there is told from what is empty.
Done add_tree(Files& files, const Path& path, Hasher& hasher, int depth = 0);

/// Reads small files below a folder, by paths relative to it: fastest those of one folder one after the other. Used by one thread. Where `files` only
/// stand in for the machine's it reads none.
class TreeReader {
 public:
  TreeReader(const Files& files, Path folder);
  ~TreeReader();
  TreeReader(const TreeReader&) = delete;
  TreeReader& operator=(const TreeReader&) = delete;
  /// The whole file into `out`, where it has `size` bytes, fewer than there is room for; false where it has not, or cannot be read: `Files` tells why.
  bool read(std::string_view path, std::uint64_t size, std::span<std::uint8_t> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ashlar::host
