#pragma once
// When somebody says that something happened.
#include <cstdint>

#include "base/time.h"

namespace ashlar::attest {

/// Clocks differ by so many seconds; what is dated later than that has not happened.
inline constexpr std::int64_t clock_tolerance = 300;
inline bool is_to_come(Time time, Time now) { return time.seconds > now.seconds + clock_tolerance; }

}  // namespace ashlar::attest
