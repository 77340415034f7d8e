#include "build/inner/elf_facts.h"

#include <algorithm>
#include <cstring>

namespace ashlar::build {
namespace {

constexpr std::uint32_t pt_load = 1, pt_dynamic = 2;
constexpr std::uint64_t dt_null = 0, dt_strtab = 5, dt_soname = 14;

/// A little-endian number of `width` bytes at `at`; 0 beyond the end.
std::uint64_t number(BytesView file, std::uint64_t at, size_t width) {
  if (at > file.size() || file.size() - at < width) return 0;
  std::uint64_t value = 0;
  for (size_t byte = width; byte-- > 0;) value = value << 8 | file[at + byte];
  return value;
}

struct Segment {
  std::uint64_t type, offset, address, size;
};

/// Fields of program header `index`, in the places that the class puts them.
Segment segment(BytesView file, bool wide, std::uint64_t at) {
  if (wide) return {number(file, at, 4), number(file, at + 8, 8), number(file, at + 16, 8), number(file, at + 32, 8)};
  return {number(file, at, 4), number(file, at + 4, 4), number(file, at + 8, 4), number(file, at + 16, 4)};
}

}  // namespace

bool is_elf(BytesView front) { return front.size() >= 4 && std::memcmp(front.data(), "\177ELF", 4) == 0; }

std::string elf_soname(BytesView file) {
  if (!is_elf(file) || file.size() < 52 || file[5] != 1) return {};
  const bool wide = file[4] == 2;
  const size_t word = wide ? 8 : 4;
  const std::uint64_t table = number(file, wide ? 32 : 28, word), entry_size = number(file, wide ? 54 : 42, 2), count = number(file, wide ? 56 : 44, 2);
  std::uint64_t dynamic = 0, dynamic_size = 0;
  for (std::uint64_t at = 0; at < count; ++at) {
    const Segment each = segment(file, wide, table + at * entry_size);
    if (each.type == pt_dynamic) dynamic = each.offset, dynamic_size = each.size;
  }
  std::uint64_t strings = 0, name = 0;
  bool named = false;
  for (std::uint64_t at = 0; at + 2 * word <= dynamic_size; at += 2 * word) {
    const std::uint64_t tag = number(file, dynamic + at, word), value = number(file, dynamic + at + word, word);
    if (tag == dt_null) break;
    if (tag == dt_strtab) strings = value;
    if (tag == dt_soname) name = value, named = true;
  }
  if (!named) return {};
  for (std::uint64_t at = 0; at < count; ++at) {
    const Segment each = segment(file, wide, table + at * entry_size);
    if (each.type != pt_load || strings < each.address || strings - each.address >= each.size) continue;
    const std::uint64_t place = strings - each.address + each.offset + name;
    if (place >= file.size()) return {};
    const auto* const begin = reinterpret_cast<const char*>(file.data() + place);
    const size_t most = std::min<std::uint64_t>(file.size() - place, 256);
    const void* const end = std::memchr(begin, 0, most);
    return end == nullptr ? std::string() : std::string(begin, static_cast<const char*>(end));
  }
  return {};
}

}  // namespace ashlar::build
