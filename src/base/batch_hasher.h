#pragma once
// Digests of many small files: they wait until there are enough to be hashed beside each other, sixteen at a time where the processor has room for that in
// its registers, else two.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file_hasher.h"

namespace ashlar {

/// Files have numbers; their digests are given to `settle` with these, in any order.
class BatchHasher {
 public:
  using Settle = std::function<void(size_t file, FileDigests digests)>;

  static constexpr size_t memory = size_t{1} << 20;    ///< bytes that files wait in: near to the processor
  static constexpr size_t largest_file = memory / 8;

  explicit BatchHasher(FileHasher::Wanted wanted, Settle settle, FileHasher::Means means = FileHasher::Means::Fastest);  // `means`: as FileHasher's

  /// Room for the content of the next file, of at most `largest_file` bytes, and one byte more.
  std::span<std::uint8_t> room(size_t size);
  /// The file whose content is in the front of room(). That may be other room then.
  void whole(size_t file, size_t size);
  /// Hashes what still waits.
  void finish();

 private:
  struct Waiting {
    size_t file;
    BytesView bytes;
  };
  class Lanes;
  /// How many of the files that wait, which are in order, had better not be hashed in lanes: so many times larger than the rest that theirs would be left alone.
  size_t apart() const;
  void hash_pairs(std::span<const Waiting> files);

  FileHasher::Wanted wanted_;
  Settle settle_;
  bool lanes_;  ///< whether sixteen are hashed at a time
  FileHasher one_, other_;
  std::unique_ptr<std::uint8_t[]> buffer_;
  size_t used_ = 0;
  std::vector<Waiting> waiting_;
};

}  // namespace ashlar
