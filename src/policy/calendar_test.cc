#include "policy/calendar.h"

#include <gtest/gtest.h>

#include <random>

namespace ashlar::policy {
namespace {

Time at(std::string_view text) { return Time::parse(text).value(); }

TEST(Span, ReadsWhatPeopleWrite) {
  const struct { const char* text; std::int64_t seconds; int months; const char* again; } good[] = {
      {"7d", 604800, 0, "7d"}, {"36h", 129600, 0, "36h"}, {"48h", 172800, 0, "2d"}, {"2w", 1209600, 0, "14d"}, {"90m", 5400, 0, "90m"}, {"1mo", 0, 1, "1mo"}, {"12mo", 0, 12, "12mo"},
  };
  for (const auto& row : good) {
    const auto read = parse_span(row.text);
    ASSERT_TRUE(read) << row.text;
    EXPECT_EQ(*read, (Span{row.seconds, row.months})) << row.text;
    EXPECT_EQ(read->str(), row.again) << row.text;
  }
  for (const char* bad : {"", "d", "7", "0d", "0mo", "-1mo", "-1d", "7 d", "1month", "mo", "1201mo", "40000d", "1.5d"}) EXPECT_FALSE(parse_span(bad)) << bad;
}

TEST(Calendar, OffsetsAreRead) {
  EXPECT_EQ(parse_offset("+02:00").value(), 7200);
  EXPECT_EQ(parse_offset("-05:30").value(), -19800);
  EXPECT_EQ(parse_offset("UTC").value(), 0);
  for (const char* bad : {"", "2", "+2:00", "+02", "+0200", "+15:00", "+02:60", "CET", "+ab:cd"}) EXPECT_FALSE(parse_offset(bad)) << bad;
}

const Calendar berlin{.working_days = true, .offset = 3600, .holidays = {{at("2026-12-25").seconds / Calendar::day, "Christmas"}}};

TEST(Calendar, WorkingDaysCountAndOthersDoNot) {
  const struct { const char *summary, *from, *to; std::int64_t seconds; } rows[] = {
      {"within a day", "2026-11-24T08:00:00Z", "2026-11-24T18:00:00Z", 36000},
      {"over night", "2026-11-24T08:00:00Z", "2026-11-25T08:00:00Z", 86400},
      {"over a weekend", "2026-11-27T11:00:00Z", "2026-11-30T11:00:00Z", 86400},
      {"within a weekend", "2026-11-28T00:00:00Z", "2026-11-29T12:00:00Z", 0},
      {"Friday's last hour in Berlin begins at 22 UTC", "2026-11-27T22:00:00Z", "2026-11-28T12:00:00Z", 3600},
      {"Monday begins on Sunday at 23 UTC", "2026-11-29T12:00:00Z", "2026-11-29T23:30:00Z", 1800},
      {"over Christmas, a Friday, and the weekend after it", "2026-12-24T11:00:00Z", "2026-12-28T11:00:00Z", 86400},
      {"over a leap day, a Tuesday", "2028-02-28T11:00:00Z", "2028-03-01T11:00:00Z", 172800},
      {"nothing", "2026-11-24T08:00:00Z", "2026-11-24T08:00:00Z", 0},
      {"backwards", "2026-11-25T08:00:00Z", "2026-11-24T08:00:00Z", 0},
  };
  for (const auto& row : rows) EXPECT_EQ(berlin.between(at(row.from), at(row.to)), row.seconds) << row.summary;
  EXPECT_EQ(berlin.after(at("2026-11-27T11:00:00Z"), 86400), at("2026-11-30T11:00:00Z"));
  EXPECT_EQ(berlin.after(at("2026-11-28T11:00:00Z"), 1), at("2026-11-29T23:00:01Z")) << "what begins at a weekend begins on Monday";
  EXPECT_EQ(berlin.after(at("2026-11-27T11:00:00Z"), 0), at("2026-11-27T11:00:00Z"));
  EXPECT_EQ(berlin.end_of_day(at("2026-11-27T22:59:59Z")), at("2026-11-27T23:00:00Z"));
  EXPECT_EQ(berlin.str(at("2026-11-27T23:30:00Z")), "2026-11-28 00:30 +01:00");
  EXPECT_EQ(Calendar{}.str(at("2026-11-27T23:30:00Z")), "2026-11-27 23:30 UTC");
  EXPECT_FALSE(berlin.counts(at("1969-12-28").seconds / Calendar::day)) << "a Sunday before 1970";
}

TEST(Calendar, MonthsEndWhereTheyEnd) {
  const Calendar plain;
  const struct { const char* from; int months; const char* to; } rows[] = {
      {"2028-01-31T10:00:00Z", 1, "2028-02-29T10:00:00Z"}, {"2027-01-31T10:00:00Z", 1, "2027-02-28T10:00:00Z"}, {"2028-02-29T10:00:00Z", 12, "2029-02-28T10:00:00Z"},
      {"2026-11-27T10:00:00Z", 1, "2026-12-27T10:00:00Z"}, {"2026-12-31T00:00:00Z", 3, "2027-03-31T00:00:00Z"}, {"2028-02-29T10:00:00Z", 1, "2028-03-29T10:00:00Z"},
  };
  for (const auto& row : rows) EXPECT_EQ(plain.months_after(at(row.from), row.months).str(), row.to) << row.from;
  EXPECT_EQ(plain.running({0, 1}, at("2028-01-31")), 29 * 86400);
  EXPECT_EQ(berlin.months_after(at("2028-01-31T23:30:00Z"), 1), at("2028-02-29T23:30:00Z")) << "in Berlin it is the 1st of February";
}

/// after() is where between() has gained what was asked for, at the earliest.
TEST(Calendar, AfterAndBetweenAgree) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 4000; ++round) {
    Calendar calendar{.working_days = random() % 4 != 0, .offset = static_cast<std::int64_t>(random() % 53) * 1800 - 43200};
    for (size_t day = 0; day < 6; ++day) calendar.rest[day] = random() % 3 == 0;
    calendar.rest[6] = false;
    const Time from{static_cast<std::int64_t>(random() % 4'000'000'000)};
    for (int holidays = 0; holidays < 4; ++holidays) calendar.holidays[from.seconds / 86400 + static_cast<std::int64_t>(random() % 30)] = "x";
    const auto length = static_cast<std::int64_t>(random() % 3'000'000) + 1;
    const Time to = calendar.after(from, length);
    ASSERT_EQ(calendar.between(from, to), length);
    ASSERT_EQ(calendar.between(from, {to.seconds - 1}), length - 1) << "no earlier moment does";
    const Time middle{from.seconds + (to.seconds - from.seconds) / 3};
    ASSERT_EQ(calendar.between(from, middle) + calendar.between(middle, to), length);
  }
}

}  // namespace
}  // namespace ashlar::policy
