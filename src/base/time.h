#pragma once
// Moments, as whole seconds; nothing here asks a clock.
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar {

/// Seconds since 1970-01-01T00:00:00Z, proleptic Gregorian, no leap seconds.
struct Time {
  std::int64_t seconds = 0;
  friend auto operator<=>(const Time&, const Time&) = default;

  /// RFC 3339: `2026-11-24T08:16:27Z`, an offset, or a bare date.
  static Result<Time> parse(std::string_view text);
  /// RFC 5322 section 3.3 as Debian's Release files write it: `Sat, 15 Nov 2025 10:38:04 UTC`.
  static Result<Time> parse_mail(std::string_view text);
  /// `2026-11-24T08:16:27Z`
  std::string str() const;
  /// `2026-11-24`
  std::string date() const;
};

}  // namespace ashlar
