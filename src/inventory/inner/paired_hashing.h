#pragma once
// Hashing of files that come one after the other, two beside each other (FileHasher::update_both).
#include <array>
#include <functional>
#include <memory>
#include <optional>

#include "base/file_hasher.h"

namespace ashlar::inventory {

/// A file that is there whole waits for the next, and goes on with the one after that where it is longer. Files have numbers; digests are given to
/// `settle` with these, in any order.
class PairedHashing {
 public:
  /// Up to this size a file is given whole.
  static constexpr size_t whole_limit = size_t{2} << 20;
  using Settle = std::function<void(size_t file, FileDigests digests)>;

  /// Memory for the files that are given whole, one hashing after the other.
  struct Rooms { std::unique_ptr<std::uint8_t[]> one, other; };

  /// `rooms` must outlive it.
  PairedHashing(FileHasher::Wanted wanted, Rooms& rooms, Settle settle) : hashers_{FileHasher(wanted), FileHasher(wanted)}, rooms_(rooms), settle_(std::move(settle)) {}

  /// Room for the content of the next file that is given whole.
  std::span<std::uint8_t> room(size_t size);
  /// The file whose content is in the front of room(). That is other room then.
  void whole(size_t file, size_t size);
  /// The next bytes of a larger file, and its end.
  void piece(BytesView bytes);
  void end_pieces(size_t file);
  /// Hashes what still waits. Files that were broken off before are left out.
  void finish();

 private:
  struct Waiting {
    size_t file;
    BytesView rest;  ///< of the waiting file, not yet hashed
  };
  /// Takes as much of `bytes` into the free hasher as the waiting file has left, and says how much that was; where that file ends so, it is settled.
  size_t beside_waiting(BytesView bytes);
  FileHasher& free_hasher() { return hashers_[free_]; }
  FileHasher& other_hasher() { return hashers_[1 - free_]; }
  void wait(size_t file, BytesView rest);

  std::array<FileHasher, 2> hashers_;
  size_t free_ = 0;  ///< the hasher of the present file; the other one is the waiting file's
  Rooms& rooms_;  ///< `one`: the present file's; `other`: the waiting one's
  std::optional<Waiting> waiting_;
  Settle settle_;
};

}  // namespace ashlar::inventory
