#include "inventory/inner/paired_hashing.h"

#include <algorithm>
#include <utility>

namespace ashlar::inventory {

std::span<std::uint8_t> PairedHashing::room(size_t size) {
  if (!rooms_.one) rooms_.one = std::make_unique_for_overwrite<std::uint8_t[]>(whole_limit);
  return {rooms_.one.get(), size};
}

size_t PairedHashing::beside_waiting(BytesView bytes) {
  if (!waiting_) return 0;
  const size_t count = std::min(bytes.size(), waiting_->rest.size());
  FileHasher::update_both(other_hasher(), waiting_->rest.first(count), free_hasher(), bytes.first(count));
  waiting_->rest = waiting_->rest.subspan(count);
  if (waiting_->rest.empty()) {
    settle_(waiting_->file, other_hasher().finish());
    waiting_.reset();
  }
  return count;
}

/// The present file waits from now on, with the hasher that was its own.
void PairedHashing::wait(size_t file, BytesView rest) {
  waiting_ = {file, rest};
  std::swap(rooms_.one, rooms_.other);
  free_ = 1 - free_;
}

void PairedHashing::whole(size_t file, size_t size) {
  const BytesView content(rooms_.one.get(), size);
  const BytesView rest = content.subspan(beside_waiting(content));
  if (!rest.empty()) return wait(file, rest);  // then nobody waits any more
  settle_(file, free_hasher().finish());
}

void PairedHashing::piece(BytesView bytes) { free_hasher().update(bytes.subspan(beside_waiting(bytes))); }

void PairedHashing::end_pieces(size_t file) { settle_(file, free_hasher().finish()); }

void PairedHashing::finish() {
  if (!waiting_) return;
  other_hasher().update(waiting_->rest);
  settle_(waiting_->file, other_hasher().finish());
  waiting_.reset();
}

}  // namespace ashlar::inventory
