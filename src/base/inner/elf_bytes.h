#pragma once
// The bytes of an ELF file of either class and byte order: numbers, texts, segments and the dynamic section.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/elf.h"

namespace ashlar {

inline std::unexpected<Error> damaged_elf(std::string_view cause) { return cannot(Kind::Corrupt, "read an ELF file", cause); }

class ElfBytes {
 public:
  static constexpr std::uint32_t load = 1, dynamic = 2;
  static constexpr size_t max_text = 4096, max_dynamic = 65536;

  struct Segment {
    std::uint32_t type = 0, flags = 0;
    std::uint64_t offset = 0, address = 0, size = 0;
  };

  explicit ElfBytes(BytesView file) : file_(file) {}

  /// Reads head and segments.
  Done open() {
    if (!is_elf(file_)) return cannot(Kind::NotFound, "read an ELF file", "it does not begin as one");
    if (file_.size() < 52 || file_[4] < 1 || file_[4] > 2 || file_[5] < 1 || file_[5] > 2) return damaged_elf("its head is cut off or of no known class");
    wide_ = file_[4] == 2, big_ = file_[5] == 2, word_ = wide_ ? 8 : 4;
    if (wide_ && file_.size() < 64) return damaged_elf("its head is cut off");
    return read_segments();
  }

  bool wide() const { return wide_; }
  size_t word() const { return word_; }  ///< bytes of an address
  const std::vector<Segment>& segments() const { return segments_; }
  BytesView file() const { return file_; }

  /// A number of `width` bytes at `at`; 0 beyond the end.
  std::uint64_t number(std::uint64_t at, size_t width) const {
    if (at > file_.size() || file_.size() - at < width) return 0;
    std::uint64_t value = 0;
    for (size_t byte = 0; byte < width; ++byte) value = value << 8 | file_[at + (big_ ? byte : width - 1 - byte)];
    return value;
  }
  bool holds(std::uint64_t offset, std::uint64_t size) const { return offset <= file_.size() && size <= file_.size() - offset; }

  /// The text that ends with a NUL within `most` bytes.
  Result<std::string> text(std::uint64_t at, std::uint64_t most) const {
    if (at >= file_.size()) return damaged_elf("a text lies outside of it");
    most = std::min<std::uint64_t>({most, file_.size() - at, max_text});
    const auto* const begin = reinterpret_cast<const char*>(file_.data() + at);
    const void* const end = std::memchr(begin, 0, most);
    if (end == nullptr) return damaged_elf("a text does not end");
    return std::string(begin, static_cast<const char*>(end));
  }

  /// Where in the file an address of the program is.
  std::optional<std::uint64_t> place_of(std::uint64_t address) const {
    for (const Segment& each : segments_) {
      if (each.type == load && address >= each.address && address - each.address < each.size) return address - each.address + each.offset;
    }
    return std::nullopt;
  }

  /// Tags and values up to the end mark; nothing where there is no dynamic section.
  Result<std::optional<std::vector<std::pair<std::uint64_t, std::uint64_t>>>> dynamic_section() const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> out;
    const auto found = std::find_if(segments_.begin(), segments_.end(), [](const Segment& each) { return each.type == dynamic; });
    if (found == segments_.end() || found->size == 0) return std::nullopt;
    // Files with debug information alone keep the table's place, but not its bytes.
    if (!holds(found->offset, found->size)) return damaged_elf("its dynamic section lies outside of it");
    for (std::uint64_t at = found->offset, left = std::min<std::uint64_t>(found->size / (2 * word_), max_dynamic); left > 0; at += 2 * word_, --left) {
      const std::uint64_t tag = number(at, word_);
      if (tag == 0) break;
      out.emplace_back(tag, number(at + word_, word_));
    }
    return out;
  }

 private:
  Done read_segments() {
    const std::uint64_t table = number(wide_ ? 32 : 28, word_), entry_size = number(wide_ ? 54 : 42, 2), count = number(wide_ ? 56 : 44, 2);
    if (count == 0) return {};
    if (entry_size < (wide_ ? 56 : 32) || !holds(table, entry_size * count)) return damaged_elf("its table of segments lies outside of it");
    segments_.reserve(count);
    for (std::uint64_t at = table; at < table + entry_size * count; at += entry_size) {
      if (wide_) segments_.push_back({static_cast<std::uint32_t>(number(at, 4)), static_cast<std::uint32_t>(number(at + 4, 4)), number(at + 8, 8), number(at + 16, 8), number(at + 32, 8)});
      else segments_.push_back({static_cast<std::uint32_t>(number(at, 4)), static_cast<std::uint32_t>(number(at + 24, 4)), number(at + 4, 4), number(at + 8, 4), number(at + 16, 4)});
    }
    return {};
  }

  BytesView file_;
  bool wide_ = false, big_ = false;
  size_t word_ = 4;
  std::vector<Segment> segments_;
};

}  // namespace ashlar
