#pragma once
// How many findings were open at the end of each day.
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "policy/sla.h"

namespace ashlar::policy {

/// Of clocks without an environment: the calendar's days since the first was open, at most the last `most_days`, the last of them until `now`. `only`: of this severity; none: all.
std::vector<std::pair<std::int64_t, size_t>> open_by_day(std::span<const Clock> clocks, const Calendar& calendar, Time now, std::int64_t most_days, std::optional<Severity> only);

}  // namespace ashlar::policy
