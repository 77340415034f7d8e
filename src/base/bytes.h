#pragma once
// Bytes in memory, and streams of bytes.
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ashlar {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;

inline BytesView as_bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }
inline std::string_view as_text(BytesView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Somewhere bytes come from, once, front to back.
class Source {
 public:
  virtual ~Source() = default;
  /// Fills the front of `out` and returns how many bytes it wrote: at least 1 unless `out` is empty, 0 only at the end.
  virtual Result<size_t> read(std::span<std::uint8_t> out) = 0;
};

/// Somewhere bytes go to.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Done write(BytesView bytes) = 0;
};

/// Bytes that somebody else owns, as a Source.
class MemorySource final : public Source {
 public:
  explicit MemorySource(BytesView bytes) : rest_(bytes) {}
  Result<size_t> read(std::span<std::uint8_t> out) override;

 private:
  BytesView rest_;
};

/// A Sink that keeps what it gets.
class MemorySink final : public Sink {
 public:
  Done write(BytesView bytes) override;
  Bytes bytes;
};

/// Fills all of `out`; Corrupt when the source ends before.
Done read_exactly(Source& source, std::span<std::uint8_t> out);
/// Everything that is left, Corrupt when it is more than `limit` bytes.
Result<Bytes> read_all(Source& source, size_t limit);
/// Moves everything from one to the other; returns the bytes moved.
Result<std::uint64_t> copy(Source& from, Sink& to);

/// Base64 (RFC 4648, section 4), padded.
std::string to_base64(BytesView bytes);
/// Corrupt when the text is no padded base64.
Result<Bytes> from_base64(std::string_view text);

}  // namespace ashlar
