#pragma once
// Many short texts looked for at once, in one pass that skips most bytes (Wu and Manber's method with blocks of two).
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace ashlar::prove {

class Needles {
 public:
  static constexpr size_t window = 4;  ///< the least length of a needle

  /// The texts are borrowed.
  explicit Needles(std::span<const std::string_view> texts);

  /// Calls `hit(place, which)` for every occurrence of every text, in the order in which their windows end.
  template <class Hit>
  void find(std::string_view in, Hit&& hit) const {
    const auto* const begin = reinterpret_cast<const unsigned char*>(in.data());
    for (size_t at = window - 1; at < in.size();) {
      const size_t pair = begin[at - 1] | static_cast<size_t>(begin[at]) << 8;
      const size_t skip = skips_[pair];
      if (skip != 0) {
        at += skip;
        continue;
      }
      for (std::uint16_t next = heads_[pair]; next != none; next = rows_[next].next) {
        const Row& row = rows_[next];
        const size_t start = at + 1 - window;
        if (start < row.offset || in.size() - (start - row.offset) < row.text.size()) continue;
        if (std::memcmp(in.data() + start - row.offset, row.text.data(), row.text.size()) == 0) hit(start - row.offset, static_cast<size_t>(next));
      }
      ++at;
    }
  }

 private:
  static constexpr std::uint16_t none = 0xffff;
  struct Row {
    std::string_view text;
    size_t offset;        // of the window within it
    std::uint16_t next;   // with the same last pair, or none
  };
  std::vector<Row> rows_;
  std::array<std::uint8_t, 65536> skips_;
  std::array<std::uint16_t, 65536> heads_;
};

}  // namespace ashlar::prove
