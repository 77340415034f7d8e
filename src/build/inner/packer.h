#pragma once
// Compression of layers: members of at most one size, cut by content alone and so the same on any number of threads.
#include <memory>

#include "base/bytes.h"
#include "plan/lock.h"

namespace ashlar::build {

/// Raw bytes of a member. Larger ones pack hardly better; smaller ones cost more than they win in threads and memory.
inline constexpr size_t member_size = 1 << 20;

/// One gzip member or zstd frame with these bytes.
Result<Bytes> pack(BytesView raw, const plan::Encoder& encoder);
/// Its raw bytes, of which there must be `raw_size`.
Result<Bytes> unpack(BytesView packed, size_t raw_size, const plan::Encoder& encoder);

}  // namespace ashlar::build
