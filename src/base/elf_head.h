#pragma once
// What every reader of ELF files begins with (System V ABI, chapter 4): the head, and from it the table of segments; for files that lie in memory and for those
// that are read by range.
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace ashlar {

struct ElfSegment {
  std::uint32_t type = 0, flags = 0;
  std::uint64_t offset = 0, address = 0, size = 0;  ///< in the file
};

struct ElfHead {
  static constexpr size_t size = 64;  ///< so many bytes from the front hold it
  /// Where a table lies, as the head says it: nobody has looked whether it is there.
  struct Table {
    std::uint64_t offset = 0, width = 0, count = 0;  ///< at most 65,535 entries of as many bytes
    std::uint64_t bytes() const { return width * count; }
  };

  bool wide = false, big = false;  ///< 64 bits; the highest byte of a number first
  std::uint16_t type = 0, machine = 0;
  std::uint64_t entry = 0;
  Table segments{}, sections{};
  std::uint64_t names = 0;         ///< which section has the sections' names

  /// NotFound when it does not begin as an ELF file; Corrupt when the head is cut off, of no known class, or has entries too small for segments.
  static Result<ElfHead> read(BytesView front);
  size_t word() const { return wide ? 8 : 4; }  ///< bytes of an address
  /// A number of `width` bytes in the file's byte order; 0 beyond the end.
  std::uint64_t number(BytesView bytes, std::uint64_t at, size_t width) const {
    if (at > bytes.size() || bytes.size() - at < width) return 0;
    std::uint64_t value = 0;
    for (size_t byte = 0; byte < width; ++byte) value = value << 8 | bytes[at + (big ? byte : width - 1 - byte)];
    return value;
  }
  /// The segments of a table, whose bytes these are.
  std::vector<ElfSegment> read_segments(BytesView table) const;
};

}  // namespace ashlar
