#pragma once
// Deflated bytes (RFC 1951, and RFC 1950 around them), whole.
#include <memory>
#include <string>

#include "base/bytes.h"

namespace ashlar::inventory {

enum class Wrap { None, Zlib };
/// Corrupt when they are damaged, cut off or more than `limit` once unpacked.
Result<Bytes> inflate(BytesView packed, Wrap wrap, size_t limit);

/// The first bytes of many deflated things, one after the other.
class FrontInflater {
 public:
  FrontInflater();
  ~FrontInflater();
  /// The first four, or as many as `packed`, their beginning, gives.
  std::string front(BytesView packed);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ashlar::inventory
