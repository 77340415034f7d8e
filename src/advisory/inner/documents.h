#pragma once
// The documents of a feed, wherever it lies.
#include <functional>

#include "advisory/feeds.h"
#include "host/files.h"

namespace ashlar::advisory {

/// Bytes followed by the padding that Document promises.
class Padded {
 public:
  static constexpr size_t padding = 64;
  static Padded of(Bytes bytes);
  BytesView view() const { return BytesView(bytes_).first(bytes_.size() - padding); }

 private:
  Bytes bytes_;
};

/// Gives `each` every document of the file, folder or archive at `path` whose name ends with `suffix` (of a single file: whatever its name), and
/// returns the feed's digest: of a single file that of its bytes, decompressed; else of the lines `<sha256>  <path>` of its documents in the order of
/// their paths, whatever archive holds them. Corrupt when an archive is damaged, holds no document, or one that is larger than 512 MiB, in an archive
/// 256 MiB.
Result<Digest> each_document(host::Files& files, const host::Path& path, std::string_view suffix, const std::function<Done(const Document&)>& each);

}  // namespace ashlar::advisory
