#include "base/json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

namespace ashlar {
namespace {

std::string nested(int depth) { return std::string(static_cast<size_t>(depth), '[') + std::string(static_cast<size_t>(depth), ']'); }

TEST(Json, Refused) {
  const struct {
    const char* summary;
    std::string text;
    const char* message;
  } rows[] = {
      {"empty", "", "cannot read 'x.json': it is not valid JSON"},
      {"cut short", R"({"a": 1)", "cannot read 'x.json': it is not valid JSON"},
      {"text after it", "{} x", "cannot read 'x.json': it is not valid JSON"},
      {"a key twice", R"({"a": 1, "a": 2})", "cannot read 'x.json': key 'a' stands twice"},
      {"a key twice below", R"([{"b": {"a": 1, "c": {}, "a": 2}}])", "cannot read 'x.json': key 'a' stands twice"},
      {"too deep", nested(202), "cannot read 'x.json': it nests deeper than 200"},
      {"far too deep", nested(100'000), "cannot read 'x.json': it nests deeper than 200"},
      {"invalid UTF-8", "\"\xff\"", "cannot read 'x.json': it is not valid JSON"},
      {"a comment", "{} // x", "cannot read 'x.json': it is not valid JSON"},
      {"no number", "[NaN]", "cannot read 'x.json': it is not valid JSON"},
      {"a number out of range", "[1e999]", "cannot read 'x.json': it is not valid JSON"},
  };
  for (const auto& row : rows) {
    const auto json = parse_json(row.text, "x.json");
    ASSERT_FALSE(json.has_value()) << row.summary;
    EXPECT_EQ(json.error().kind, Kind::Invalid) << row.summary;
    EXPECT_EQ(json.error().message, row.message) << row.summary;
  }
}

TEST(Json, FaultHasItsPlace) {
  const auto json = parse_json("{\n  \"a\": 1,\n  \"b\": ?\n}\n", "x.json");
  ASSERT_FALSE(json);
  ASSERT_EQ(json.error().faults.size(), 1u);
  const Fault& fault = json.error().faults[0];
  EXPECT_EQ(fault.line, 3);
  EXPECT_EQ(fault.column, 8);
  EXPECT_EQ(fault.excerpt, "  \"b\": ?");
}

TEST(Json, SameKeyInTwoObjects) { EXPECT_TRUE(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])", "x").has_value()); }

/// `count` times `part`, with the number of each in the place of `#`.
std::string many(size_t count, std::string_view part, char first, char last) {
  std::string out(1, first);
  for (size_t at = 0; at < count; ++at) {
    for (const char c : part) c == '#' ? out += std::to_string(at) : out += c;
    out += at + 1 < count ? "," : "";
  }
  return out + last;
}

// Each was read in the square of its size: of 200,000 elements for half a minute.
TEST(Json, MuchOfOneKindIsReadInTime) {
  constexpr size_t count = 400'000;
  const struct {
    const char* summary;
    std::string text;
    std::string first, last;
  } rows[] = {
      {"empty objects", many(count, "{}", '[', ']'), "{}", "{}"},
      {"numbers", many(count, "#", '[', ']'), "0", "399999"},
      {"arrays in arrays", many(count, "[[#]]", '[', ']'), "[[0]]", "[[399999]]"},
      {"keys of one object", many(count, "\"k#\":#", '{', '}'), "0", "399999"},
      {"objects with keys", many(count, R"({"a":#,"b":[]})", '[', ']'), R"({"a":0,"b":[]})", R"({"a":399999,"b":[]})"},
  };
  for (const auto& row : rows) {
    const auto start = std::chrono::steady_clock::now();
    const auto json = parse_json(row.text, "x");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << row.summary;
    ASSERT_TRUE(json.has_value()) << row.summary;
    ASSERT_EQ(json->size(), count) << row.summary;
    EXPECT_EQ(to_compact(*json->begin()), row.first) << row.summary;
    EXPECT_EQ(to_compact(*std::prev(json->end())), row.last) << row.summary;
  }
}

TEST(Json, WritesWhatItRead) {
  const char* const texts[] = {
      "null",   "true",          "-7",           "18446744073709551615", "1.5",       R"("text")", "[]",
      "{}",     "[[],{},[[]]]",  R"({"":{}})",   R"([{"a":[1,{"b":null}],"c":"d"},false,"",-0.25])", R"({"a":{"b":{"c":[]}},"b":[{"a":1},{"a":2}]})",
  };
  for (const char* const text : texts) {
    const auto json = parse_json(text, "x");
    ASSERT_TRUE(json.has_value()) << text;
    EXPECT_EQ(to_compact(*json), text);
    EXPECT_EQ(*json, Json::parse(text)) << text;
  }
  EXPECT_TRUE(parse_json(nested(201), "x").has_value()) << "200 below the outermost";
  EXPECT_FALSE(parse_json(std::string(201, '[') + "1" + std::string(201, ']'), "x").has_value());
}

TEST(Json, KeepsTheOrderOfKeys) {
  const auto json = parse_json(R"({"z": 1, "a": [true, null], "é": "\u00e9"})", "x").value();
  EXPECT_EQ(to_compact(json), "{\"z\":1,\"a\":[true,null],\"é\":\"é\"}");
  EXPECT_EQ(to_pretty(parse_json(R"({"b":[1],"a":{}})", "x").value()), "{\n  \"b\": [\n    1\n  ],\n  \"a\": {}\n}\n");
  EXPECT_EQ(to_compact(Json("a\xff")), "\"a\xef\xbf\xbd\"") << "invalid UTF-8 becomes U+FFFD";
}

TEST(Json, Members) {
  const auto json = parse_json(R"({"text": "x", "number": -7, "fraction": 1.5, "none": null})", "x").value();
  EXPECT_EQ(get_string(json, "text").value(), "x");
  EXPECT_EQ(get_string(json, "number").error().message, "'number' is missing or not a string");
  EXPECT_EQ(get_string(json, "other").error().kind, Kind::Corrupt);
  EXPECT_EQ(get_integer(json, "number").value(), -7);
  EXPECT_FALSE(get_integer(json, "fraction"));
  EXPECT_FALSE(get_integer(json, "text"));
  EXPECT_EQ(get_string_or_empty(json, "other").value(), "");
  EXPECT_EQ(get_string_or_empty(json, "text").value(), "x");
  EXPECT_FALSE(get_string_or_empty(json, "none"));
}

}  // namespace
}  // namespace ashlar
