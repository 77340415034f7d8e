#include <gtest/gtest.h>

#include "advisory/inner/collected.h"
#include "advisory/inner/shared_data.h"

namespace ashlar::advisory {
namespace {

std::string catalogue(const std::string& entries, int count) {
  return R"({"title":"CISA","catalogVersion":"2025.08.25","dateReleased":"2025-08-25T17:04:19.9796Z","count":)" + std::to_string(count) + R"(,"vulnerabilities":[)" + entries + "]}";
}
const std::string git = R"({"cveID":"CVE-2025-48384","product":"Git","dateAdded":"2025-08-25","dueDate":"2025-09-15","knownRansomwareCampaignUse":"Unknown","cwes":["CWE-59"]})";

TEST(Kev, WhatAnEntrySays) {
  const auto read = collect("kev", catalogue(git + R"(,{"cveID":"CVE-2023-34362","dateAdded":"2023-06-02","knownRansomwareCampaignUse":"Known"})", 2));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->exploited.size(), 2u);
  EXPECT_EQ(read->exploited[0], (Exploited{"CVE-2025-48384", Time::parse("2025-08-25").value(), Time::parse("2025-09-15").value(), false}));
  EXPECT_EQ(read->exploited[1], (Exploited{"CVE-2023-34362", Time::parse("2023-06-02").value(), std::nullopt, true}));
  EXPECT_EQ(read->dates, std::vector<Time>{Time::parse("2025-08-25T17:04:19Z").value()});
}

TEST(Kev, IsRefusedWhole) {
  FeedSettings settings;
  settings.not_after = Time::parse("2025-08-26").value();
  struct {
    const char* summary;
    std::string text;
    const char* cause;
  } const cases[] = {
      {"cut short", catalogue(git, 1).substr(0, 100), "byte 100 (line 1): it is no valid JSON here"},
      {"fewer entries than it tells", catalogue(git, 2), "'count' is 2, and there are 1 entries"},
      {"no entry", catalogue("", 0), "it has no entry"},
      {"no list", R"({"dateReleased":"2025-08-25T17:04:19Z","count":0})", "'vulnerabilities' is missing"},
      {"no count", R"({"dateReleased":"2025-08-25T17:04:19Z","vulnerabilities":[]})", "'count' is missing or no number"},
      {"no date", R"({"count":0,"vulnerabilities":[]})", "'dateReleased' is missing"},
      {"dated in the future", R"({"dateReleased":"2025-09-25T17:04:19Z","count":0,"vulnerabilities":[]})", "it is dated 2025-09-25T17:04:19Z, which is later than now, 2025-08-26T00:00:00Z"},
      {"added in the future", catalogue(R"({"cveID":"CVE-2025-48384","dateAdded":"2026-08-25"})", 1), "record 'CVE-2025-48384': it was added on 2026-08-25, which is later than now"},
      {"twice", catalogue(git + "," + git, 2), "record 'CVE-2025-48384': it stands twice"},
      {"no CVE", catalogue(R"({"cveID":"GHSA-1","dateAdded":"2025-08-25"})", 1), "record 'number 1': 'cveID' is no CVE: 'GHSA-1'"},
      {"no date of an entry", catalogue(R"({"cveID":"CVE-2025-48384"})", 1), "record 'CVE-2025-48384': 'dateAdded' is missing"},
      {"a due date that is none", catalogue(R"({"cveID":"CVE-2025-48384","dateAdded":"2025-08-25","dueDate":"soon"})", 1), "'dueDate' is no time: 'soon'"},
      {"an entry that is a text", catalogue(R"("CVE-2025-48384")", 1), "the entry is no object"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("kev", each.text, settings, "kev.json", '}');
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
  }
}

TEST(Kev, TheWholeFile) {
  const auto text = shared_text("kev.json.zst");
  if (!text) GTEST_SKIP() << "there is no '" << shared_path("kev.json.zst") << "'";
  FeedSettings settings;
  settings.not_after = Time::parse("2025-08-25").value();
  const auto read = collect("kev", *text, settings);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->exploited.size(), 1404u);
  EXPECT_EQ(std::count_if(read->exploited.begin(), read->exploited.end(), [](const Exploited& one) { return one.ransomware; }), 293);
  EXPECT_TRUE(*read == *collect("kev", *text, settings));
  settings.not_after = Time::parse("2025-08-01").value();
  EXPECT_FALSE(collect("kev", *text, settings));
}

}  // namespace
}  // namespace ashlar::advisory
