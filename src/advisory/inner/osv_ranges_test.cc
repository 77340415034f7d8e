#include "advisory/inner/osv_ranges.h"

#include <gtest/gtest.h>

namespace ashlar::advisory {
namespace {

OsvEvent introduced(const char* version) { return {OsvEvent::Type::Introduced, version}; }
OsvEvent fixed(const char* version) { return {OsvEvent::Type::Fixed, version}; }
OsvEvent last_affected(const char* version) { return {OsvEvent::Type::LastAffected, version}; }
OsvEvent limit(const char* version) { return {OsvEvent::Type::Limit, version}; }

TEST(OsvRanges, Events) {
  struct {
    const char* summary;
    std::vector<OsvEvent> events;
    std::vector<Interval> intervals;
  } const cases[] = {
      {"from the first version on, without end", {introduced("0")}, {{"", "", ""}}},
      {"fixed", {introduced("0"), fixed("1.2")}, {{"", "1.2", ""}}},
      {"the last affected is in", {introduced("1.0"), last_affected("1.2")}, {{"1.0", "", "1.2"}}},
      {"several", {introduced("0"), fixed("1.2"), introduced("2.0"), fixed("2.1"), introduced("3.0")}, {{"", "1.2", ""}, {"2.0", "2.1", ""}, {"3.0", "", ""}}},
      {"unsorted: 1.9 comes before 1.10", {fixed("1.10"), introduced("2.0"), introduced("1.9"), fixed("2.0.1")}, {{"1.9", "1.10", ""}, {"2.0", "2.0.1", ""}}},
      {"the first version last", {fixed("1.2"), introduced("0")}, {{"", "1.2", ""}}},
      {"introduced twice", {introduced("0"), introduced("1.0"), fixed("1.2")}, {{"", "1.2", ""}}},
      {"fixed twice", {introduced("0"), fixed("1.2"), fixed("1.3")}, {{"", "1.2", ""}}},
      {"fixed before it was introduced", {fixed("0.5"), introduced("1.0")}, {{"1.0", "", ""}}},
      {"introduced and last affected is the same version", {introduced("1.0"), last_affected("1.0")}, {{"1.0", "", "1.0"}}},
      {"the same, written the other way round", {last_affected("1.0"), introduced("1.0")}, {{"1.0", "", "1.0"}}},
      {"introduced and fixed in one version: none", {introduced("1.0"), fixed("1.0")}, {{"1.0", "1.0", ""}}},
      {"fixed and introduced again in one version", {introduced("0"), introduced("2.0"), fixed("2.0")}, {{"", "2.0", ""}, {"2.0", "", ""}}},
      {"a limit of none", {introduced("1.0"), limit("*")}, {{"1.0", "", ""}}},
      {"a limit ends what has no end", {introduced("1.0"), limit("3.0")}, {{"1.0", "3.0", ""}}},
      {"a limit ends what ends later", {introduced("1.0"), fixed("4.0"), limit("3.0")}, {{"1.0", "3.0", ""}}},
      {"a limit after the end", {introduced("1.0"), last_affected("2.0"), limit("3.0")}, {{"1.0", "", "2.0"}}},
      {"a limit at the last affected", {introduced("1.0"), last_affected("3.0"), limit("3.0")}, {{"1.0", "3.0", ""}}},
      {"the highest limit counts", {introduced("1.0"), limit("2.0"), limit("10.0"), limit("3.0")}, {{"1.0", "10.0", ""}}},
      {"what is introduced at the limit is out", {introduced("3.0"), limit("3.0")}, {}},
      {"nothing", {}, {}},
      {"only a limit", {limit("1.0")}, {}},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const OsvIntervals found = intervals_of(Grammar::Dpkg, each.events);
    EXPECT_TRUE(found.ordered);
    EXPECT_EQ(found.intervals, each.intervals);
  }
}

TEST(OsvRanges, WhatIsIntroducedTwiceIsReadPairByPair) {
  const OsvIntervals node = intervals_of(Grammar::Dpkg, {introduced("0"), fixed("6.14.4"), introduced("0"), fixed("8.11.4"), introduced("0"), fixed("10.9.0")});
  EXPECT_TRUE(node.repeated);
  EXPECT_EQ(node.intervals, (std::vector<Interval>{{"", "6.14.4", ""}, {"", "8.11.4", ""}, {"", "10.9.0", ""}})) << "DHI's node CVE-2018-12115";
  EXPECT_FALSE(intervals_of(Grammar::Dpkg, {introduced("0"), fixed("1"), introduced("2")}).repeated);
}

TEST(OsvRanges, VersionsThatAreNoneStayInTheirOrder) {
  const OsvIntervals one = intervals_of(Grammar::Dpkg, {introduced("0"), fixed("not a version")});
  EXPECT_FALSE(one.ordered);
  EXPECT_EQ(one.intervals, (std::vector<Interval>{{"", "not a version", ""}}));
  const OsvIntervals two = intervals_of(Grammar::Dpkg, {introduced("2.0"), fixed("the next"), introduced("1.0"), fixed("1.1")});
  EXPECT_FALSE(two.ordered);
  EXPECT_EQ(two.intervals, (std::vector<Interval>{{"2.0", "the next", ""}, {"1.0", "1.1", ""}}));
}

}  // namespace
}  // namespace ashlar::advisory
