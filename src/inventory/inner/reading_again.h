#pragma once
// Files that stay under another name than that by which they were read: hard links, and what was unpacked through a symlink. Whose text is kept, and whom
// an onlooker wants to see, is decided by the name, so that some are read once more.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "inventory/inner/content.h"

namespace ashlar::inventory {

/// Of one file: for which of its names its text is kept, and who sees it.
struct Again {
  std::string read_as;
  std::vector<std::string> texts;
  Onlooker* onlooker = nullptr;
};

class Renamed {
 public:
  /// `path` is a name of the file at `place`. `read_as`: the name by which that was read; what was said first of a place counts.
  void add(const std::string& path, Place place, const std::string& read_as);
  /// What is to be read again of those that `contents` has in the end, by layer and member. `onlooker_of`: of a layer, or null.
  std::map<size_t, std::map<size_t, Again>> wanted(const Contents& contents, const ReadOptions& options, const std::function<Onlooker*(size_t layer)>& onlooker_of) const;

 private:
  std::set<std::string> paths_;
  std::map<Place, std::string> read_as_;
};

/// Shows a file to those who want it and keeps its text in `contents`, for which `room` is asked. `from` ends with the file.
Done show_again(Source& from, TarEntry entry, Place place, const Again& again, Contents& contents, TextRoom& room);
/// Reads these members of layer `at` once more.
Done read_again(oci::ImageReader& image, size_t at, const std::map<size_t, Again>& wanted, Contents& contents, TextRoom& room);

}  // namespace ashlar::inventory
