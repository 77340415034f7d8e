#include "prove/inner/links.h"

#include "base/elf_record.h"
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
  auto elf = read_elf(file);
  if (!elf) return;
  auto symbols = read_elf_symbols(file);
  linked.emplace(place_, Linked{std::make_unique<Elf>(std::move(*elf)), symbols ? std::move(*symbols) : ElfSymbols()});
}

std::optional<std::string> LinkWatcher::found() const {
  Packer to;
  to.number(linked.size());
  for (const auto& [place, each] : linked) {
    to.number(place.member);
    pack(to, *each.elf);
    to.texts(each.symbols.gives);
    to.texts(each.symbols.versions);
    to.number(each.symbols.takes.size());
    for (const auto& taken : each.symbols.takes) to.text(taken.name), to.text(taken.version), to.text(taken.library), to.number(taken.weak ? 1 : 0);
  }
  return to.take();
}

bool LinkWatcher::recall(BytesView found, size_t layer) {
  Unpacker from(found);
  LinkedByPlace recalled;
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    const auto member = static_cast<size_t>(from.number());
    Linked each{std::make_unique<Elf>(unpack_elf(from)), {}};
    each.symbols.gives = from.texts();
    each.symbols.versions = from.texts();
    for (std::uint64_t takes = from.count(); takes > 0 && from.sound(); --takes) {
      ElfSymbols::Taken& taken = each.symbols.takes.emplace_back();
      taken.name = from.text(), taken.version = from.text(), taken.library = from.text(), taken.weak = from.number() != 0;
    }
    recalled.emplace(inventory::Place{layer, member}, std::move(each));
  }
  if (!from.sound() || !from.at_end()) return false;
  linked.merge(recalled);
  return true;
}

}  // namespace ashlar::prove
