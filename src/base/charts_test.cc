#include "base/charts.h"

#include <gtest/gtest.h>

#include <array>

namespace ashlar {
namespace {

size_t count(std::string_view text, std::string_view word) {
  size_t out = 0;
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++out;
  return out;
}

TEST(Charts, texts_of_others_stay_texts) {
  const std::string hostile = "<script>\"&'\x1b[2J";
  const std::array series = {ChartSeries{hostile, {1, 2}}, ChartSeries{hostile, {2, 1}}};
  for (const std::string& each : {html_table("t", hostile, {hostile}, {{hostile}}), bar_chart("b", hostile, hostile, {{hostile, hostile, 1}}), step_chart("s", hostile, hostile, hostile, hostile, series)}) {
    EXPECT_EQ(each.find("<script"), std::string::npos) << each;
    EXPECT_EQ(each.find('\x1b'), std::string::npos) << each;
  }
}

TEST(Charts, bars_are_as_long_as_their_values) {
  const std::string out = bar_chart("b", "Title", "What it shows", {{"one", "10", 10}, {"two", "5", 5, true}, {"none", "0", 0}});
  EXPECT_NE(out.find("class=\"bar\" x=\"110\" y=\"4\" width=\"280.0\""), std::string::npos) << out;
  EXPECT_NE(out.find("class=\"bar second\" x=\"110\" y=\"30\" width=\"140.0\""), std::string::npos) << out;
  EXPECT_NE(out.find("width=\"0.0\""), std::string::npos) << out;
  EXPECT_NE(out.find("<title id=\"b-title\">Title</title><desc id=\"b-desc\">What it shows</desc>"), std::string::npos) << out;
  EXPECT_NE(bar_chart("b", "t", "d", {{"one", "0", 0}}).find("width=\"0.0\""), std::string::npos) << "nothing is divided by zero";
}

TEST(Charts, steps_go_from_zero_to_the_most_of_all_series) {
  const std::array one = {ChartSeries{"", {0, 4}}};
  const std::string single = step_chart("s", "t", "d", "2028-02-28", "2028-02-29", one);
  EXPECT_NE(single.find("points=\"30.0,150.0 250.0,150.0 250.0,20.0 470.0,20.0\""), std::string::npos) << single;
  EXPECT_EQ(count(single, "<polyline"), 1U);
  const std::array two = {ChartSeries{"loop", {0, 4}}, ChartSeries{"none", {8, 8}}};
  const std::string both = step_chart("s", "t", "d", "a", "b", two);
  EXPECT_NE(both.find("points=\"30.0,150.0 250.0,150.0 250.0,85.0 470.0,85.0\""), std::string::npos) << both;
  EXPECT_EQ(count(both, "<polyline class=\"line second\""), 1U);
  EXPECT_EQ(count(both, "<polygon"), 1U) << "the area below the first";
  EXPECT_NE(both.find(">loop</text>"), std::string::npos);
  EXPECT_EQ(step_chart("s", "t", "d", "a", "b", {}), "");
}

TEST(Charts, a_table_has_its_numbers_at_the_right) {
  const std::string out = html_table("t", "Caption", {"Name", "Count"}, {{"one", "12"}, {"two", "1234567890"}, {"", "x"}});
  EXPECT_EQ(count(out, "class=\"number\""), 1U) << "what is long is a name";
  EXPECT_EQ(count(out, "<tr>"), 4U);
  EXPECT_NE(out.find("<caption>Caption</caption><thead><tr><th scope=\"col\">Name</th>"), std::string::npos);
}

}  // namespace
}  // namespace ashlar
