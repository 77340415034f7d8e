#include <gtest/gtest.h>

#include "advisory/inner/collected.h"

namespace ashlar::advisory {
namespace {

const std::string head = "#model_version:v2025.03.14,score_date:2025-08-25T12:55:00Z\ncve,epss,percentile\n";

TEST(Epss, WhatItSays) {
  for (const char* date : {"2025-08-25T12:55:00Z", "2025-08-25T12:55:00+0000"}) {
    const auto read = collect("epss", std::string("#model_version:v2025.03.14,score_date:") + date + "\ncve,epss,percentile\nCVE-1999-0001,0.01142,0.77604\nCVE-2021-44228,0.94358,0.99957\r\nCVE-2025-1000,1,1.0\n");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->likelihoods, (std::vector<Likelihood>{{"CVE-1999-0001", 0.01142, 0.77604}, {"CVE-2021-44228", 0.94358, 0.99957}, {"CVE-2025-1000", 1, 1}}));
    EXPECT_EQ(read->dates, std::vector<Time>{Time::parse("2025-08-25T12:55:00Z").value()});
  }
}

TEST(Epss, IsRefusedWhole) {
  FeedSettings settings;
  settings.not_after = Time::parse("2025-08-26").value();
  struct {
    const char* summary;
    std::string text;
    const char* cause;
  } const cases[] = {
      {"nothing", "", "it is empty"},
      {"no row", head, "it has no row"},
      {"no date", "cve,epss,percentile\nCVE-1999-0001,0.01142,0.77604\n", "byte 0 (line 1): it does not begin with '#model_version:...,score_date:...'"},
      {"a date that is none", "#model_version:v1,score_date:today\n", "'score_date' is no time: 'today'"},
      {"dated in the future", "#model_version:v1,score_date:2025-08-28T00:00:00Z\ncve,epss,percentile\n", "it is dated 2025-08-28T00:00:00Z, which is later than now"},
      {"other columns", "#model_version:v1,score_date:2025-08-25T00:00:00Z\ncve,score,rank\n", "byte 50 (line 2): the columns are not 'cve,epss,percentile'"},
      {"cut within a number", head + "CVE-1999-0001,0.01142,0.776", "byte 106 (line 3): its last line has no end"},
      {"a cell too few", head + "CVE-1999-0001,0.01142\n", "byte 79 (line 3): record 'CVE-1999-0001': '' is no share from 0 to 1"},
      {"a cell too many", head + "CVE-1999-0001,0.01142,0.7,0.8\n", "'0.7,0.8' is no share from 0 to 1"},
      {"more than all", head + "CVE-1999-0001,1.5,0.7\n", "'1.5' is no share from 0 to 1"},
      {"less than nothing", head + "CVE-1999-0001,-0.5,0.7\n", "'-0.5' is no share from 0 to 1"},
      {"no number", head + "CVE-1999-0001,nan,0.7\n", "'nan' is no share from 0 to 1"},
      {"no CVE", head + "CVE-1999-1,0.1,0.7\n", "record 'CVE-1999-1': it is no CVE"},
      {"an empty line", head + "\nCVE-1999-0001,0.1,0.7\n", "record '': it is no CVE"},
      {"twice", head + "CVE-1999-0001,0.1,0.7\nCVE-1999-0001,0.2,0.7\n", "byte 101 (line 4): record 'CVE-1999-0001': it stands twice"},
      {"no UTF-8", head + "CVE-1999-0001,0.1,0.7\n\xff\n", "it is no UTF-8"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("epss", each.text, settings, "epss.csv", '\n');
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_TRUE(read.error().message.starts_with("cannot read feed 'epss.csv': ")) << read.error().message;
    EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace ashlar::advisory
