#include <gtest/gtest.h>

#include "advisory/inner/collected.h"

namespace ashlar::advisory {
namespace {

FeedSettings of_space(const char* space) {
  FeedSettings settings;
  settings.space = space;
  return settings;
}
Time day(const char* text) { return Time::parse(text).value(); }

TEST(Eol, WhatACycleSays) {
  struct {
    const char* summary;
    const char* text;
    const char* space;
    std::vector<Support> supports;
  } const cases[] = {
      {"dates", R"([{"cycle":"13","codename":"Trixie","releaseDate":"2025-08-09","eol":"2028-08-09","extendedSupport":"2030-06-30","latest":"13.1"},{"cycle":"12","eol":"2026-06-10"}])", "Debian",
       {{"Debian:13", "", day("2028-08-09"), "extended support until 2030-06-30"}, {"Debian:12", "", day("2026-06-10"), ""}}},
      {"what is over, and what has no known end", R"([{"cycle":"3.2","eol":true},{"cycle":"3.23","eol":false}])", "Alpine:v", {{"Alpine:v3.2", "", std::nullopt, ""}}},
      {"extended support without a date", R"([{"cycle":"8","eol":"2019-01-01","extendedSupport":true}])", "X", {{"X:8", "", day("2019-01-01"), "extended support is offered"}}},
      {"no extended support", R"([{"cycle":"8","eol":"2019-01-01","extendedSupport":false}])", "X", {{"X:8", "", day("2019-01-01"), ""}}},
      {"the newer API", R"({"schema_version":"1.2.0","result":{"name":"debian","releases":[{"name":"13","isEol":false,"eolFrom":"2028-08-09","eoesFrom":"2030-06-30"},{"name":"7","isEol":true,"eolFrom":null},{"name":"14","isEol":false,"eolFrom":null}]}})", "Debian",
       {{"Debian:13", "", day("2028-08-09"), "extended support until 2030-06-30"}, {"Debian:7", "", std::nullopt, ""}}},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("eol", each.text, of_space(each.space));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->supports, each.supports);
  }
}

TEST(Eol, IsRefusedWhole) {
  struct {
    const char* summary;
    const char* text;
    const char* cause;
  } const cases[] = {
      {"nothing", "", "it is no valid JSON here"},
      {"no cycle", "[]", "it has no cycle"},
      {"neither form", R"({"cycle":"13"})", "it is neither a list of cycles nor an object with 'result'"},
      {"no releases", R"({"result":{}})", "'releases' is missing"},
      {"no name", R"([{"eol":true}])", "record 'number 1': 'name' is missing"},
      {"no end", R"([{"cycle":"13"}])", "record '13': 'eol' is missing"},
      {"no end in the newer form", R"({"result":{"releases":[{"name":"13"}]}})", "record '13': 'eolFrom' and 'isEol' are missing"},
      {"an end that is none", R"([{"cycle":"13","eol":"one day"}])", "record '13': 'eol' is neither a date nor true or false: 'one day'"},
      {"an end that is a number", R"([{"cycle":"13","eol":2028}])", "record '13': 'eol' is no text"},
      {"twice", R"([{"cycle":"13","eol":true},{"cycle":"13","eol":false}])", "record '13': it stands twice"},
      {"a name that is none", R"([{"cycle":"a b","eol":true}])", "'a b' is no name of a cycle"},
      {"cut short", R"([{"cycle":"13","eol":tru)", "it is no valid JSON here"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("eol", each.text, of_space("Debian"), "debian.json", 'e');
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
  }
  EXPECT_EQ(collect("eol", "[]", {}, "debian.json").error().message, "cannot read feed 'debian.json': its description has no 'space'");
}

}  // namespace
}  // namespace ashlar::advisory
