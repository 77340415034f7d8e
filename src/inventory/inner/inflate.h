#pragma once
// Deflated bytes (RFC 1951, and RFC 1950 around them), whole.
#include "base/bytes.h"

namespace ashlar::inventory {

enum class Wrap { None, Zlib };
/// Corrupt when they are damaged, cut off or more than `limit` once unpacked.
Result<Bytes> inflate(BytesView packed, Wrap wrap, size_t limit);

}  // namespace ashlar::inventory
