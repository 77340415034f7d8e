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
#include "base/elf_head.h"

namespace ashlar {

inline std::unexpected<Error> damaged_elf(std::string_view cause) { return cannot(Kind::Corrupt, "read an ELF file", cause); }

class ElfBytes {
 public:
  static constexpr std::uint32_t load = 1, dynamic = 2;
  static constexpr size_t max_text = 4096, max_dynamic = 65536;

  using Segment = ElfSegment;

  explicit ElfBytes(BytesView file) : file_(file) {}

  /// Reads head and segments.
  Done open() {
    auto head = ElfHead::read(file_);
    if (!head) return cannot("read an ELF file", std::move(head).error());
    head_ = *head;
    const ElfHead::Table& table = head_.segments;
    if (table.count == 0) return {};
    if (!holds(table.offset, table.bytes())) return damaged_elf("its table of segments lies outside of it");
    segments_ = head_.read_segments(file_.subspan(table.offset, table.bytes()));
    return {};
  }

  const ElfHead& head() const { return head_; }
  bool wide() const { return head_.wide; }
  size_t word() const { return head_.word(); }  ///< bytes of an address
  const std::vector<Segment>& segments() const { return segments_; }
  BytesView file() const { return file_; }

  /// A number of `width` bytes at `at`; 0 beyond the end.
  std::uint64_t number(std::uint64_t at, size_t width) const { return head_.number(file_, at, width); }
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
    for (std::uint64_t at = found->offset, left = std::min<std::uint64_t>(found->size / (2 * word()), max_dynamic); left > 0; at += 2 * word(), --left) {
      const std::uint64_t tag = number(at, word());
      if (tag == 0) break;
      out.emplace_back(tag, number(at + word(), word()));
    }
    return out;
  }

 private:
  BytesView file_;
  ElfHead head_;
  std::vector<Segment> segments_;
};

}  // namespace ashlar
