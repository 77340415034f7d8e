#include "base/json_writer.h"

#include <gtest/gtest.h>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

namespace ashlar {
namespace {

/// Writes `json` piece by piece; arrays and objects deeper than `depth` as values.
void write(JsonWriter& to, const Json& json, int depth) {
  if (depth == 0 || !json.is_structured()) {
    json.is_string() ? to.text(json.get<std::string>()) : json.is_null() ? to.null() : json.is_number_unsigned() ? to.number(json.get<std::uint64_t>()) : to.json(json);
    return;
  }
  json.is_object() ? to.begin_object() : to.begin_array();
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) to.key(key);
    write(to, value, depth - 1);
  }
  to.end();
}

TEST(JsonWriter, WritesAsValuesAreWritten) {
  struct Row { std::string summary; Json json; };
  const std::vector<Row> rows = {
      {"a text", "text"},
      {"a number", 17},
      {"the largest number and the smallest", {0U, ~std::uint64_t{0}, -1, 0.25}},
      {"nothing and truth", {nullptr, true, false}},
      {"an empty object", Json::object()},
      {"an empty array", Json::array()},
      {"members in their order", {{"b", "1"}, {"a", 2}, {"c", nullptr}}},
      {"an array of arrays", {Json::array({"a", Json::array()}), Json::array({1, 2})}},
      {"deep", {{"a", {{"b", {{"c", {"d", Json::object(), {{"e", "f"}}}}}}}}}},
      {"texts with quotes, backslashes and control characters", {{"a \"b\"", "c\\d\n\t\x01\x1f"}, {"e", "\x7f"}}},
      {"texts in other scripts", {{"na\u00efve", "\u6587 \U0001f600"}}},
      {"texts that are no UTF-8", {{"a", "b\xff" "c\xc3"}}},
  };
  for (const Row& row : rows) {
    JsonWriter writer;
    for (int depth = 0; depth < 6; ++depth) {
      SCOPED_TRACE(row.summary + " to depth " + std::to_string(depth));
      write(writer, row.json, depth);
      EXPECT_EQ(writer.take(), to_pretty(row.json));
    }
  }
}

TEST(JsonWriter, Members) {
  JsonWriter writer;
  writer.begin_object().member("a", "b").key("c").json(true).key("d").begin_array().text("e").end().end();
  EXPECT_EQ(writer.take(), "{\n  \"a\": \"b\",\n  \"c\": true,\n  \"d\": [\n    \"e\"\n  ]\n}\n");
}

}  // namespace
}  // namespace ashlar
