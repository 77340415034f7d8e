#pragma once
// Sizes and ages as people write them.
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace ashlar {

/// `500MB`, `10GB` (powers of 1000; KiB, MiB, GiB too), or bytes.
Result<std::uint64_t> parse_size(std::string_view text);
/// `90d`, `12h`, `2w`, in seconds.
Result<std::int64_t> parse_age(std::string_view text);

}  // namespace ashlar
