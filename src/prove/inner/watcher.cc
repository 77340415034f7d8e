#include "prove/inner/watcher.h"

#include <utility>

#include "prove/inner/look.h"
#include "prove/inner/members.h"

namespace ashlar::prove {

void Watcher::begin(const TarEntry& entry, inventory::Place place) {
  entry_ = &entry;
  place_ = place;
  held_.clear();
  seen_ = 0;
  whole_ = entry.size <= max_whole;
  done_ = false;
  pieces_ = {};
}

void Watcher::more(BytesView bytes) {
  const bool first = seen_ == 0;
  seen_ += bytes.size();
  if (first && bytes.size() == entry_->size) {  // nothing to put together
    done_ = true;
    return keep(look_at(entry_->path, bytes));
  }
  if (first && !whole_ && (is_elf(bytes) || is_archive(bytes))) {
    whole_ = entry_->size <= max_large;
    if (!whole_) pieces_.unjudged.emplace_back("it is larger than 1 GiB");
  }
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  if (!whole_ && held_.size() >= piece) look_at_held(false);
}

void Watcher::look_at_held(bool last) {
  look_at_piece(entry_->path, held_, pieces_);
  // An archive may stand at the end of any file; so large a one is not held until then.
  if (last && is_archive(held_)) pieces_.unjudged.emplace_back("an archive ends it, and it is too large to be held");
  if (!last) held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(piece_overlap));
}

void Watcher::end() {
  if (done_ || seen_ == 0) return;
  if (whole_) return keep(look_at(entry_->path, held_));
  look_at_held(true);
  keep(std::move(pieces_));
}

void Watcher::keep(FileFacts found) {
  if (found.empty()) return;
  facts.emplace(place_, std::move(found));
  paths.emplace(place_, entry_->path);
}

}  // namespace ashlar::prove
