#include "base/yaml_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/yaml.h"

namespace ashlar {
namespace {

TEST(YamlWriter, writes_as_people_do) {
  struct Row { std::string summary; Json json; std::string text; };
  const std::vector<Row> rows = {
      {"members", {{"apiVersion", "v1"}, {"count", 3}, {"on", true}, {"none", nullptr}}, "apiVersion: v1\ncount: 3\n\"on\": true\nnone: null\n"},
      {"members of members", {{"a", {{"b", {{"c", "d"}}}}}, {"e", "f"}}, "a:\n  b:\n    c: d\ne: f\n"},
      {"items", {{"a", {"b", "c"}}}, "a:\n  - b\n  - c\n"},
      {"items with members", {{"a", {{{"b", "c"}, {"d", {"e"}}}, {{"f", "g"}}}}}, "a:\n  - b: c\n    d:\n      - e\n  - f: g\n"},
      {"items of items", {Json::array({"a", "b"}), Json::array({"c"})}, "- - a\n  - b\n- - c\n"},
      {"empty ones", {{"a", Json::object()}, {"b", Json::array()}, {"c", ""}}, "a: {}\nb: []\nc: \"\"\n"},
      {"a text alone", "x", "x\n"},
      {"several lines", {{"a", "b\nc\n"}, {"d", {"e\n\n  f"}}}, "a: |\n  b\n  c\nd:\n  - |-\n    e\n\n      f\n"},
      {"lines that a block would change", {{"a", " b\nc"}, {"d", "e \nf"}, {"g", "h\n\n"}, {"i", "\nj"}, {"k", "l\tm\nn"}}, "a: \" b\\nc\"\nd: \"e \\nf\"\ng: \"h\\n\\n\"\ni: \"\\nj\"\nk: \"l\\tm\\nn\"\n"},
      {"words with a meaning", {"yes", "No", "TRUE", "null", "~", "y", "off"}, "- \"yes\"\n- \"No\"\n- \"TRUE\"\n- \"null\"\n- \"~\"\n- \"y\"\n- \"off\"\n"},
      {"what looks like a number or a date", {"1", "1e3", "0x1f", "1_000", "12:30:45", "2026-01-01", ".inf", "-1"}, "- \"1\"\n- \"1e3\"\n- \"0x1f\"\n- \"1_000\"\n- \"12:30:45\"\n- \"2026-01-01\"\n- \".inf\"\n- \"-1\"\n"},
      {"signs of the grammar", {"*a", "&a", "!a", "a: b", "a #b", "- a", "{a}", "[a]", "%a", "@a", "`a`", "a,b", "?"}, "- \"*a\"\n- \"&a\"\n- \"!a\"\n- \"a: b\"\n- \"a #b\"\n- \"- a\"\n- \"{a}\"\n- \"[a]\"\n- \"%a\"\n- \"@a\"\n- \"`a`\"\n- \"a,b\"\n- \"?\"\n"},
      {"characters that lines must not have", {"a\x7f" "b", "\u0085", "\u2028\u2029", "\ufeff", "\x01"}, "- \"a\\x7fb\"\n- \"\\x85\"\n- \"\\u2028\\u2029\"\n- \"\\ufeff\"\n- \"\\u0001\"\n"},
      {"other scripts", {"naïve", "文"}, "- \"naïve\"\n- \"文\"\n"},
      {"keys like texts", {{"a b", 1}, {"a: b", 2}, {"", 3}, {"<<", 4}, {"x\ny", 5}}, "\"a b\": 1\n\"a: b\": 2\n\"\": 3\n\"<<\": 4\n\"x\\ny\": 5\n"},
  };
  for (const Row& row : rows) EXPECT_EQ(to_yaml(row.json), row.text) << row.summary;
}

/// What was read, as the value that was written: plain scalars that are JSON are it, all else is text.
Json read_back(const YamlNode& node) {
  Json out;
  switch (node.type) {
    case YamlNode::Type::Null: return nullptr;
    case YamlNode::Type::Scalar:
      if (!node.plain) return node.text;
      out = Json::parse(node.text, nullptr, false);
      return out.is_discarded() ? Json(node.text) : out;
    case YamlNode::Type::Sequence:
      out = Json::array();
      for (const YamlNode& each : node.items) out.push_back(read_back(each));
      return out;
    case YamlNode::Type::Mapping:
      out = Json::object();
      for (const auto& [key, value] : node.members) out[key.text] = read_back(value);
      return out;
  }
  return out;
}

std::string some_text(std::mt19937& random) {
  static const std::vector<std::string> pieces = {"a", "B", "7", " ", "\n", "\t", ":", "#", "-", "'", "\"", "\\", "{", "}", "[", "]", ",", "&", "*", "!", "|", ">", "%", "@", "~", "?", "=", "<<", "yes", "null", ": ", " #", "é", "\u2028", "\x7f", "---", "..."};
  std::string out;
  for (size_t count = random() % 6; count > 0; --count) out += pieces[random() % pieces.size()];
  return out;
}

Json some_value(std::mt19937& random, int depth) {
  const auto kind = random() % (depth == 0 ? 5 : 8);
  if (kind == 0) return static_cast<int>(random() % 1000) - 500;
  if (kind == 1) return random() % 2 == 0;
  if (kind == 2 && random() % 3 == 0) return nullptr;
  if (kind < 5) return some_text(random);
  Json out = kind == 5 ? Json::array() : Json::object();
  for (size_t count = random() % 4; count > 0; --count) {
    if (kind == 5) out.push_back(some_value(random, depth - 1));
    else out[some_text(random)] = some_value(random, depth - 1);
  }
  return out;
}

TEST(YamlWriter, what_is_written_is_read_back) {
  std::mt19937 random(11);  // NOLINT: the same cases every time
  for (int round = 0; round < 3000; ++round) {
    const Json json = some_value(random, 4);
    const std::string text = to_yaml(json);
    const auto document = parse_yaml(text, "x.yaml");
    ASSERT_TRUE(document) << document.error().message << "\n" << text << to_pretty(json);
    ASSERT_EQ(read_back(document->root), json) << text;
  }
}

TEST(YamlWriter, bytes_that_are_no_text_are_replaced) { EXPECT_EQ(to_yaml({{"a", "b\xff"}}), "a: \"b\uFFFD\"\n"); }

}  // namespace
}  // namespace ashlar
