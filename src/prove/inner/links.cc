#include "prove/inner/links.h"

#include "prove/inner/look.h"

namespace ashlar::prove {
void LinkWatcher::begin(const TarEntry& entry, inventory::Place place) {
  size_ = entry.size;
  place_ = place;
  held_.clear();
  first_ = true, wanted_ = false;
}

void LinkWatcher::more(BytesView bytes) {
  if (first_) {
    first_ = false;
    wanted_ = is_elf(bytes) && size_ <= max_large;
    if (wanted_ && bytes.size() == size_) {  // nothing to put together
      wanted_ = false;
      return look_at(bytes);
    }
  }
  if (wanted_) held_.insert(held_.end(), bytes.begin(), bytes.end());
}

void LinkWatcher::end() {
  if (wanted_) look_at(held_);
}

void LinkWatcher::look_at(BytesView file) {
  FileFacts found;
  look_at_links(file, found);
  if (found.elf) facts.emplace(place_, std::move(found));
}

}  // namespace ashlar::prove
