#pragma once
// How old something is, and how that reads.
#include <cstdint>
#include <string>

#include "base/time.h"

namespace ashlar::policy {

/// Clocks differ by so many seconds; what is dated later than that has not happened.
inline constexpr std::int64_t clock_tolerance = 300;
inline bool is_to_come(Time time, Time now) { return time.seconds > now.seconds + clock_tolerance; }
inline std::int64_t age_of(Time time, Time now) { return time < now ? now.seconds - time.seconds : 0; }
/// `30 days`, `36 hours`, of seconds.
std::string age_text(std::int64_t seconds);

}  // namespace ashlar::policy
