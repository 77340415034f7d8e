#pragma once
// Reads TLS structures (RFC 8446, section 3): numbers with the high byte first, and runs of bytes. Once something is missing, everything after is, too.
#include <cstdint>
#include <string>
#include <string_view>

namespace ashlar::trust {

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  std::string take(std::uint64_t count) {
    if (count > rest_.size()) short_ = true;
    if (short_) return {};
    std::string out(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return out;
  }
  /// Of at most 8 bytes; 0 when they are missing.
  std::uint64_t number(size_t width) {
    std::uint64_t out = 0;
    for (const char each : take(width)) out = out << 8 | static_cast<unsigned char>(each);
    return out;
  }
  /// Nothing is left, and nothing was missing.
  bool at_end() const { return rest_.empty() && !short_; }

 private:
  std::string_view rest_;
  bool short_ = false;
};

/// `value` in `width` bytes, the high one first.
inline std::string big_endian(std::uint64_t value, size_t width) {
  std::string out(width, '\0');
  for (size_t at = width; at-- > 0; value >>= 8) out[at] = static_cast<char>(value & 0xff);
  return out;
}

}  // namespace ashlar::trust
