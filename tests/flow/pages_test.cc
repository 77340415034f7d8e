// The pages of `ashlar sla` and `ashlar replay` before a browser. What is read are the golden files that their flows hold to the program.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "browser.h"

namespace ashlar::flow {
namespace {

TEST(Pages, of_sla_and_replay_are_laid_out_as_they_are_meant) {
  ASHLAR_NEED("chromium");
  const Stage stage;
  const std::string data = ASHLAR_SOURCE_DIR "/tests/data/";
  const struct {
    const char* page;
    size_t charts;
    std::vector<std::string> tables;
    std::vector<std::string> says;
  } rows[] = {
      {"sla/report.html", 3, {"open-critical-table", "severities", "breaches", "due", "late", "clocks", "cadence", "disregarded"}, {"3 overdue", "Open critical findings by day", "Share within the SLA", "Breaches", "Late at the present pace", "What did not count"}},
      {"replay/report.html", 4, {"outcome", "days", "images"}, {"2 images from 2028-02-26T00:00:00Z to 2028-03-06T00:00:00Z", "CVEs per image that matter, last round", "hands-on hours by the model", "Open findings that matter, of all images", "Rebuilds so far"}},
  };
  for (const auto& row : rows) {
    for (const int width : {1100, 1600}) {
      SCOPED_TRACE(fmt::format("{} at {} pixels", row.page, width));
      const Json seen = laid_out(stage, data + row.page, width);
      ASSERT_TRUE(seen.is_object()) << seen;
      EXPECT_EQ(seen["overflow"], 0) << "nothing is cut off at the side";
      EXPECT_EQ(seen["charts"].size(), row.charts);
      for (const Json& chart : seen["charts"]) {
        EXPECT_GE(chart["width"].get<double>(), 300) << chart;
        EXPECT_GE(chart["height"].get<double>(), 40) << chart;
        EXPECT_EQ(chart["outside"], Json::array()) << "every word lies within its chart: " << chart;
      }
      std::vector<std::string> tables;
      for (const Json& table : seen["tables"]) {
        tables.push_back(table["id"]);
        EXPECT_GE(table["rows"].get<int>(), 2) << table;
        EXPECT_GT(table["width"].get<double>(), 300) << table;
        EXPECT_EQ(table["empty"], 0) << table;
      }
      EXPECT_EQ(tables, row.tables);
      const std::string text = seen["text"];
      for (const std::string& each : row.says) EXPECT_NE(text.find(each), std::string::npos) << each << "\n" << text;
    }
    const Ran dom = dumped_dom(stage, data + row.page);
    ASSERT_EQ(dom.code, 0) << dom.told;
    for (const char* word : {"<script", "src=", "href=", "<link", "<iframe", "<img"}) EXPECT_EQ(dom.out.find(word), std::string::npos) << row.page << " has " << word;
  }
}

/// On a telephone: tables that are wider are moved within themselves, charts get smaller, long words break.
TEST(Pages, fit_a_narrow_window) {
  ASHLAR_NEED("chromium");
  const Stage stage;
  const std::string data = ASHLAR_SOURCE_DIR "/tests/data/";
  for (const char* page : {"sla/report.html", "replay/report.html", "outcomes/sample.html", "scan/report.html"}) {
    for (const int width : {420, 360}) {
      SCOPED_TRACE(fmt::format("{} at {} pixels", page, width));
      const Json seen = laid_out(stage, data + page, width);
      ASSERT_TRUE(seen.is_object()) << seen;
      EXPECT_EQ(seen["overflow"], 0) << "nothing is cut off at the side";
      for (const Json& chart : seen["charts"]) {
        EXPECT_LE(chart["width"].get<double>(), width) << chart;
        EXPECT_GE(chart["width"].get<double>(), 250) << chart;
        EXPECT_EQ(chart["outside"], Json::array()) << "every word lies within its chart: " << chart;
      }
      EXPECT_FALSE(seen["tables"].empty());
      for (const Json& table : seen["tables"]) {
        EXPECT_LE(table["width"].get<double>(), width) << table;
        EXPECT_EQ(table["empty"], 0) << table;
      }
    }
  }
}

}  // namespace
}  // namespace ashlar::flow
