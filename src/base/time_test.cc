#include "base/time.h"

#include <gtest/gtest.h>

#include <optional>

namespace ashlar {
namespace {

struct Row {
  const char* summary;
  const char* text;
  std::optional<std::int64_t> seconds;  ///< nothing: refused
};

TEST(Time, Rfc3339) {
  const Row rows[] = {
      {"the epoch", "1970-01-01T00:00:00Z", 0},
      {"a bare date", "1970-01-02", 86400},
      {"UTC", "2025-11-15T10:38:04Z", 1763203084},
      {"small letters", "2025-11-15t10:38:04z", 1763203084},
      {"a blank in between", "2025-11-15 10:38:04Z", 1763203084},
      {"east of Greenwich", "2025-11-15T12:38:04+02:00", 1763203084},
      {"west of Greenwich", "2025-11-15T05:08:04-05:30", 1763203084},
      {"a fraction is cut", "2025-11-15T10:38:04.999999Z", 1763203084},
      {"a leap day", "2024-02-29", 1709164800},
      {"before the epoch", "1969-12-31T23:59:59Z", -1},
      {"the first year", "0000-01-01", -62167219200},
      {"a leap second is the next second", "2016-12-31T23:59:60Z", 1483228800},
      {"no leap day", "2023-02-29", std::nullopt},
      {"month 13", "2023-13-01", std::nullopt},
      {"day 0", "2023-01-00", std::nullopt},
      {"hour 24", "2023-01-01T24:00:00Z", std::nullopt},
      {"minute 60", "2023-01-01T00:60:00Z", std::nullopt},
      {"no zone", "2023-01-01T00:00:00", std::nullopt},
      {"no seconds", "2023-01-01T00:00Z", std::nullopt},
      {"an empty fraction", "2023-01-01T00:00:00.Z", std::nullopt},
      {"text after it", "2023-01-01T00:00:00Zx", std::nullopt},
      {"a negative month", "2023--1-01", std::nullopt},
      {"a sign before the year", "-023-01-01", std::nullopt},
      {"an offset of a day", "2023-01-01T00:00:00+24:00", std::nullopt},
      {"empty", "", std::nullopt},
      {"cut short", "2023-01", std::nullopt},
  };
  for (const Row& row : rows) {
    const auto time = Time::parse(row.text);
    ASSERT_EQ(time.has_value(), row.seconds.has_value()) << row.summary;
    if (row.seconds) {
      EXPECT_EQ(time->seconds, *row.seconds) << row.summary;
    } else {
      EXPECT_EQ(time.error().kind, Kind::Invalid) << row.summary;
    }
  }
  EXPECT_EQ(Time::parse("now").error().message, "cannot read time 'now': it is not of the form '2026-11-24T08:16:27Z'");
}

TEST(Time, Mail) {
  const Row rows[] = {
      {"as Debian writes it", "Sat, 15 Nov 2025 10:38:04 UTC", 1763203084},
      {"one digit for the day", "Sat, 1 Nov 2025 00:00:00 UTC", 1761955200},
      {"one digit for the hour", "Sat, 01 Nov 2025 7:00:00 UTC", 1761980400},
      {"a numeric zone", "Sat, 15 Nov 2025 12:38:04 +0200", 1763203084},
      {"without the day of the week", "15 Nov 2025 10:38:04 GMT", 1763203084},
      {"blanks around it", "  Sat, 15 Nov 2025 10:38:04 UTC\n", 1763203084},
      {"an unknown month", "Sat, 15 Foo 2025 10:38:04 UTC", std::nullopt},
      {"no zone", "Sat, 15 Nov 2025 10:38:04", std::nullopt},
      {"no year", "Sat, 15 Nov 10:38:04 UTC", std::nullopt},
      {"the 31st of November", "Sat, 31 Nov 2025 10:38:04 UTC", std::nullopt},
      {"text after it", "Sat, 15 Nov 2025 10:38:04 UTC x", std::nullopt},
      {"empty", "", std::nullopt},
      {"a comma alone", ",", std::nullopt},
  };
  for (const Row& row : rows) {
    const auto time = Time::parse_mail(row.text);
    ASSERT_EQ(time.has_value(), row.seconds.has_value()) << row.summary;
    if (row.seconds) {
      EXPECT_EQ(time->seconds, *row.seconds) << row.summary;
    }
  }
}

TEST(Time, Written) {
  EXPECT_EQ(Time{0}.str(), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Time{-1}.str(), "1969-12-31T23:59:59Z");
  EXPECT_EQ(Time{1763203084}.date(), "2025-11-15");
  for (std::int64_t seconds = -62'167'219'200; seconds < 250'000'000'000; seconds += 98'765'432'1) {
    EXPECT_EQ(Time::parse(Time{seconds}.str()).value().seconds, seconds);
  }
}

}  // namespace
}  // namespace ashlar
