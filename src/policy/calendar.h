#pragma once
// Lengths of time as contracts name them, and the days on which clocks run.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace ashlar::policy {

/// `36h`, `7d`, `2w`, or months of the calendar: `1mo`.
struct Span {
  std::int64_t seconds = 0;
  int months = 0;
  /// As it is written: `7d`, `36h`, `1mo`.
  std::string str() const;
  friend bool operator==(const Span&, const Span&) = default;
};
/// Invalid for what is none, for nothing, and for more than a hundred years.
Result<Span> parse_span(std::string_view text);

/// Days begin at midnight of a fixed offset from UTC. A clock runs through each counted day, all 24 hours of it, and stands still on the others.
struct Calendar {
  bool working_days = false;                                   ///< false: every day counts
  std::int64_t offset = 0;                                     ///< seconds east of UTC
  std::array<bool, 7> rest = {true, false, false, false, false, false, true};  ///< Sunday first
  std::map<std::int64_t, std::string> holidays{};              ///< by day since 1970-01-01, with their names

  /// Whether the day with this number since 1970-01-01 counts.
  bool counts(std::int64_t day) const;
  /// Seconds between two moments that count; 0 where `to` is not after `from`.
  std::int64_t between(Time from, Time to) const;
  /// The moment at which so many seconds that count have passed since `from`.
  Time after(Time from, std::int64_t seconds) const;
  /// The same day of a later month at the same time, or the last day of that month where it has none such.
  Time months_after(Time from, int months) const;
  /// A span that begins at `from`, in seconds that count.
  std::int64_t running(const Span& span, Time from) const { return span.months == 0 ? span.seconds : between(from, months_after(from, span.months)); }
  /// The first moment after the day that `time` lies in.
  Time end_of_day(Time time) const { return {(day_of(time) + 1) * day - offset}; }
  std::int64_t day_of(Time time) const;
  /// `2026-11-24 10:16 +02:00`
  std::string str(Time time) const;

  static constexpr std::int64_t day = 86'400;
};

/// `+02:00`, `-05:30`, `UTC`, as seconds east of UTC.
Result<std::int64_t> parse_offset(std::string_view text);

}  // namespace ashlar::policy
