#include "base/elf_head.h"

#include "base/elf.h"

namespace ashlar {

Result<ElfHead> ElfHead::read(BytesView front) {
  if (!is_elf(front)) return fail(Kind::NotFound, "it does not begin as one");
  if (front.size() < 52 || front[4] < 1 || front[4] > 2 || front[5] < 1 || front[5] > 2) return fail(Kind::Corrupt, "its head is cut off or of no known class");
  ElfHead out;
  out.wide = front[4] == 2, out.big = front[5] == 2;
  if (out.wide && front.size() < size) return fail(Kind::Corrupt, "its head is cut off");
  const auto get = [&](size_t wide_at, size_t narrow_at, size_t width) { return out.number(front, out.wide ? wide_at : narrow_at, width); };
  out.type = static_cast<std::uint16_t>(get(16, 16, 2)), out.machine = static_cast<std::uint16_t>(get(18, 18, 2));
  out.entry = get(24, 24, out.word());
  out.segments = {get(32, 28, out.word()), get(54, 42, 2), get(56, 44, 2)};
  out.sections = {get(40, 32, out.word()), get(58, 46, 2), get(60, 48, 2)};
  out.names = get(62, 50, 2);
  if (out.segments.count != 0 && out.segments.width < (out.wide ? 56U : 32U)) return fail(Kind::Corrupt, "its table of segments has entries that are too small");
  return out;
}

std::vector<ElfSegment> ElfHead::read_segments(BytesView table) const {
  std::vector<ElfSegment> out;
  out.reserve(segments.count);
  for (std::uint64_t at = 0; at + segments.width <= table.size() && out.size() < segments.count; at += segments.width) {
    const auto get = [&](size_t wide_at, size_t narrow_at, size_t width) { return number(table, at + (wide ? wide_at : narrow_at), width); };
    out.push_back({static_cast<std::uint32_t>(get(0, 0, 4)), static_cast<std::uint32_t>(get(4, 24, 4)), get(8, 4, word()), get(16, 8, word()), get(32, 16, word())});
  }
  return out;
}

}  // namespace ashlar
