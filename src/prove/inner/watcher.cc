#include "prove/inner/watcher.h"

#include <algorithm>
#include <utility>

#include "base/elf_record.h"
#include "prove/inner/look.h"
#include "prove/inner/members.h"

namespace ashlar::prove {
namespace {

void pack(Packer& to, const ElfSymbols& symbols) {
  to.texts(symbols.gives);
  to.texts(symbols.versions);
  to.number(symbols.takes.size());
  for (const auto& taken : symbols.takes) to.text(taken.name), to.text(taken.version), to.text(taken.library), to.number(taken.weak ? 1 : 0);
}

ElfSymbols unpack_symbols(Unpacker& from) {
  ElfSymbols out;
  out.gives = from.texts();
  out.versions = from.texts();
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    ElfSymbols::Taken& taken = out.takes.emplace_back();
    taken.name = from.text(), taken.version = from.text(), taken.library = from.text(), taken.weak = from.number() != 0;
  }
  return out;
}

void pack(Packer& to, const FileFacts& facts) {
  to.number((facts.elf ? 1U : 0U) | (facts.time_zone ? 2U : 0U) | (facts.symbols ? 4U : 0U));
  if (facts.elf) ashlar::pack(to, *facts.elf);
  if (facts.symbols) pack(to, *facts.symbols);
  to.text(facts.elf_fault);
  to.text(facts.script);
  to.number(facts.traits.size());
  for (const Trait& each : facts.traits) to.number(static_cast<std::uint64_t>(each.kind)), to.text(each.family), to.text(each.why), to.text(each.inside);
  to.number(facts.secrets.size());
  for (const Secret& each : facts.secrets) to.text(each.what), to.text(each.inside), to.number(each.line);
  to.texts(facts.unjudged);
}

FileFacts unpack_facts(Unpacker& from) {
  FileFacts out;
  const std::uint64_t bits = from.number();
  if ((bits & 1) != 0) out.elf = std::make_unique<Elf>(unpack_elf(from));
  out.time_zone = (bits & 2) != 0;
  if ((bits & 4) != 0) out.symbols = std::make_unique<ElfSymbols>(unpack_symbols(from));
  out.elf_fault = from.text();
  out.script = from.text();
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    Trait& each = out.traits.emplace_back();
    each.kind = static_cast<Trait::Kind>(std::min<std::uint64_t>(from.number(), static_cast<std::uint64_t>(Trait::Kind::Hidden)));
    each.family = from.text(), each.why = from.text(), each.inside = from.text();
  }
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    Secret& each = out.secrets.emplace_back();
    each.what = from.text(), each.inside = from.text(), each.line = static_cast<size_t>(from.number());
  }
  out.unjudged = from.texts();
  return out;
}

}  // namespace

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

std::optional<std::string> Watcher::found() const {
  Packer to;
  to.number(facts.size());
  for (const auto& [place, each] : facts) {
    to.number(place.member);
    to.text(paths.at(place));
    pack(to, each);
  }
  return to.take();
}

bool Watcher::recall(BytesView found, size_t layer) {
  Unpacker from(found);
  FactsByPlace recalled;
  std::map<inventory::Place, std::string> names;
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    const inventory::Place place{layer, static_cast<size_t>(from.number())};
    names.emplace(place, from.text());
    recalled.emplace(place, unpack_facts(from));
  }
  if (!from.sound() || !from.at_end()) return false;
  facts.merge(recalled);
  paths.merge(names);
  return true;
}

}  // namespace ashlar::prove
