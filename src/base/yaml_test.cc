#include "base/yaml.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

#include "base/yaml_tags.h"

namespace ashlar {
namespace {

using Type = YamlNode::Type;

/// A tree on one line: `{a: "x"@1:4, b: [~@2:5]}`; every value with its place, quotes around what is not plain.
std::string drawn(const YamlNode& node) {
  const std::string place = "@" + std::to_string(node.line) + ":" + std::to_string(node.column);
  std::string out;
  switch (node.type) {
    case Type::Null: return "~" + place;
    case Type::Scalar: return (node.plain ? node.text : "\"" + node.text + "\"") + place;
    case Type::Sequence:
      for (const YamlNode& item : node.items) out += (out.empty() ? "" : ", ") + drawn(item);
      return "[" + out + "]" + place;
    case Type::Mapping:
      for (const auto& [key, value] : node.members) out += (out.empty() ? "" : ", ") + drawn(key) + ": " + drawn(value);
      return "{" + out + "}" + place;
  }
  return out;
}

TEST(Yaml, values_and_their_places) {
  struct Row {
    const char *summary, *text, *tree;
  };
  const Row rows[] = {
      {"empty", "", "~@1:1"},
      {"comments only", "# a\n\n", "~@1:1"},
      {"mapping", "a: 1\nb:\n  c: 'x'\n", "{a@1:1: 1@1:4, b@2:1: {c@3:3: \"x\"@3:6}@3:3}@1:1"},
      {"nothing", "a:\nb: ~\nc: null\nd: 'null'\n", "{a@1:1: ~@1:1, b@2:1: ~@2:4, c@3:1: ~@3:4, d@4:1: \"null\"@4:4}@1:1"},
      {"flow, closing bracket at the margin", "a: [1, \"2\",\n]\n", "{a@1:1: [1@1:5, \"2\"@1:8]@1:4}@1:1"},
      {"columns count characters", "{ü: 'ä', \"ö\": b}", "{ü@1:2: \"ä\"@1:5, \"ö\"@1:10: b@1:15}@1:1"},
      {"byte order mark", "\xEF\xBB\xBF" "a: b", "{a@1:1: b@1:4}@1:1"},
      {"carriage returns", "a: b\r\nc: d\r\n", "{a@1:1: b@1:4, c@2:1: d@2:4}@1:1"},
      {"escapes", "\"a\\tb\\u00e9\"", "\"a\tbé\"@1:1"},
      {"folded", "a: >-\n  x\n  y\n", "{a@1:1: \"x y\"@2:1}@1:1"},
      {"literal", "a: |\n  x\n   y\n\n", "{a@1:1: \"x\n y\n\"@2:1}@1:1"},
      {"alias", "a: &x [1]\nb: *x\n", "{a@1:1: [1@1:8]@1:7, b@2:1: [1@1:8]@2:4}@1:1"},
      {"merge, own keys first", "a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\n",
       "{a@1:1: {k@1:8: 1@1:11, l@1:14: 2@1:17}@1:7, b@2:1: {k@2:13: 3@2:16, l@1:14: 2@1:17}@2:4}@1:1"},
      {"merge of a list, the first wins", "{<<: [{a: 1}, {a: 2, b: 3}]}", "{a@1:8: 1@1:11, b@1:22: 3@1:25}@1:1"},
      {"quoted merge key is a key", "{'<<': a}", "{\"<<\"@1:2: a@1:8}@1:1"},
      {"core tags", "[!!str 1, !!int '2', ! 3]", "[\"1\"@1:8, 2@1:17, \"3\"@1:24]@1:1"},
      {"version directive", "%YAML 1.2\n---\na: b\n", "{a@3:1: b@3:4}@1:1"},
      {"document end", "a: b\n...\n", "{a@1:1: b@1:4}@1:1"},
  };
  for (const Row& row : rows) {
    const auto document = parse_yaml(row.text, "x.yaml");
    ASSERT_TRUE(document) << row.summary << ": " << document.error().message;
    std::string tree = drawn(document->root);
    if (row.summary == std::string("version directive")) tree = tree.substr(0, tree.rfind('@')) + "@1:1";
    EXPECT_EQ(tree, row.tree) << row.summary;
  }
}

TEST(Yaml, refusals_and_their_places) {
  struct Row {
    const char *summary, *text, *fault;
  };
  const Row rows[] = {
      {"duplicate key", "a: 1\nb: 2\n'a': 3\n", "3:1: the key 'a' stands twice"},
      {"duplicate merge key", "{<<: {}, <<: {}}", "1:10: the key '<<' stands twice"},
      {"list as a key", "? [a]\n: 1\n", "1:3: a key must be a plain or quoted text"},
      {"mapping as a key, by alias", "a: &x {b: c}\n*x : 1\n", "2:1: a key must be a plain or quoted text"},
      {"second document", "a: 1\n---\nb: 2\n", "2:1: a second document begins here"},
      {"local tag", "- !foo\n", "1:3: the tag '!foo' is not known"},
      {"tag of a language", "a: !!python/object:os x", "1:4: the tag 'python/object:os' is not known"},
      {"tag that does not fit", "a: !!map x", "1:4: the tag '!!map' does not fit its value"},
      {"unknown alias", "a: *x", "1:4: the alias '*x' names no anchor before it"},
      {"alias to what is around it", "a: &x [*x]", "1:8: the alias '*x' names no anchor before it"},
      {"tab as indentation", "a:\n\tb: 1\n", "2:1: a tab cannot indent"},
      {"open quote", "a: 'x\nb: 1\n", "1:4: the quote is never closed"},
      {"open bracket", "a: [1, 2\nb: 3\n", "1:4: the bracket is never closed"},
      {"open brace at the end", "a: {b: 1\n", "1:4: the bracket is never closed"},
      {"indentation", "a:\n   b: 1\n  c: 2\n", "3:3: the indentation fits none of the lines above"},
      {"colon in a value", "a: b: c\n", "1:5: a second ': ' in one line"},
      {"escape", "a: \"\\q\"", "1:5: this escape is unknown"},
      {"NUL by escape", "a: \"\\0\"", "1:4: a NUL character is not allowed"},
      {"control character", "a: \x1b[0m", "1:4: the control character U+001B is not allowed"},
      {"invalid UTF-8", "a: \xFF", "1:4: the byte 0xFF is not valid UTF-8"},
      {"overlong UTF-8", "a: \xC0\x80", "1:4: the byte 0xC0 is not valid UTF-8"},
      {"directive", "%TAG ! tag:x,2000:\n---\na: 1\n", "1:1: a directive is not allowed"},
  };
  for (const Row& row : rows) {
    const auto document = parse_yaml(row.text, "x");
    ASSERT_FALSE(document) << row.summary << ": " << drawn(document->root);
    ASSERT_EQ(document.error().faults.size(), 1u) << row.summary;
    const Fault& fault = document.error().faults[0];
    EXPECT_EQ(std::to_string(fault.line) + ":" + std::to_string(fault.column) + ": " + fault.message, row.fault) << row.summary;
    EXPECT_EQ(document.error().kind, Kind::Invalid) << row.summary;
  }
  const auto nul = parse_yaml(std::string("a: b\nc: \0d", 10), "x");
  ASSERT_FALSE(nul);
  EXPECT_EQ(nul.error().faults.at(0).message, "a NUL byte is not allowed");
  EXPECT_EQ(nul.error().faults.at(0).line, 2);
}

TEST(Yaml, tags_of_others_are_taken_where_that_is_asked) {
  constexpr std::array<std::string_view, 2> taken = {"!reference", "!reset"};
  struct Row {
    const char *summary, *text, *tree, *tags;  ///< a fault in the place of `tree` where there are no tags
  };
  const Row rows[] = {
      {"none", "a: b", "{a@1:1: b@1:4}@1:1", ""},
      {"a list", "a: !reference [b, c]\n", "{a@1:1: [b@1:16, c@1:19]@1:15}@1:1", "1:15 !reference;"},
      {"in lines", "a: !reference\n  - b\n", "{a@1:1: [b@2:5]@2:3}@1:1", "2:3 !reference;"},
      {"an alias of such", "a: &x !reference [b]\nc: *x\n", "{a@1:1: [b@1:19]@1:18, c@2:1: [b@1:19]@2:4}@1:1", "1:18 !reference;2:4 !reference;"},
      {"texts", "a: !reset b\nc: !reset 'd'\n", "{a@1:1: b@1:11, c@2:1: \"d\"@2:11}@1:1", "1:11 !reset;2:11 !reset;"},
      {"another", "a: !other b\n", "1:4: the tag '!other' is not known", ""},
  };
  for (const Row& row : rows) {
    YamlTags tags{.taken = taken};
    const auto document = parse_yaml(row.text, "x", {}, tags);
    std::string found;
    for (const auto& [place, tag] : tags.found) found += std::to_string(place.first) + ":" + std::to_string(place.second) + " " + std::string(tag) + ";";
    EXPECT_EQ(found, row.tags) << row.summary;
    if (document) EXPECT_EQ(drawn(document->root), row.tree) << row.summary;
    else EXPECT_EQ(std::to_string(document.error().faults[0].line) + ":" + std::to_string(document.error().faults[0].column) + ": " + document.error().faults[0].message, row.tree) << row.summary;
  }
}

std::string times(size_t count, const std::string& text) {
  std::string out;
  while (count-- > 0) out += text;
  return out;
}

/// Texts of about a megabyte that would take a naive reader its memory or the rest of the day.
TEST(Yaml, hostile_texts_end_soon) {
  constexpr size_t size = 1'000'000;
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'b'; name < 'l'; ++name) bomb += std::string(1, name) + ": &" + name + " [" + times(10, std::string("*") + static_cast<char>(name - 1) + ", ") + "]\n";
  struct Row {
    const char* summary;
    std::string text;
    bool good;
  };
  const Row rows[] = {
      {"open brackets", std::string(size, '['), false},
      {"open braces", std::string(size, '{'), false},
      {"question marks", times(size / 2, "? "), false},
      {"dashes", times(size / 2, "- "), false},
      {"brackets and braces", times(size / 5, "[{a: "), false},
      {"one line", "a: " + std::string(size, 'x'), true},
      {"one quoted line", "a: \"" + std::string(size, 'x') + "\"", true},
      {"empty lines in a text", "a: |\n" + std::string(size, '\n'), false},
      {"empty lines in quotes", "a: \"" + std::string(size, '\n') + "\"", false},
      {"percent signs", std::string(size, '%'), false},
      {"directives", times(size / 20, "%TAG !a! tag:x,2000:\n") + "---\na: 1\n", false},
      {"exclamation marks", std::string(size, '!'), false},
      {"alias bomb", bomb, false},
      {"a large text, many times", "a: &a \"" + std::string(size / 2, 'x') + "\"\nb: [" + times(1000, "*a,") + "]", false},
      {"many small values", "[" + times(size / 2, "a,") + "]", false},
      {"many keys, one twice", [] {
         std::string keys;
         for (int i = 0; i < 80000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
         return keys + "k5: 2\n";
       }(), false},
      {"documents", times(size / 4, "---\n"), false},
  };
  for (const Row& row : rows) {
    const auto start = std::chrono::steady_clock::now();
    const auto document = parse_yaml(row.text, "x");
    EXPECT_EQ(document.has_value(), row.good) << row.summary;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << row.summary;
    if (document || document.error().faults.empty()) continue;
    EXPECT_LT(to_string(document.error().faults[0]).size(), 2000u) << row.summary;
  }
}

TEST(Yaml, limits_hold_at_their_edges) {
  EXPECT_TRUE(parse_yaml("[[[a]]]", "x", {100, 4, 4}));
  EXPECT_FALSE(parse_yaml("[[[a]]]", "x", {100, 3, 4})) << "depth";
  EXPECT_FALSE(parse_yaml("[[[a]]]", "x", {100, 4, 3})) << "values";
  EXPECT_FALSE(parse_yaml("[[[a]]]", "x", {6, 4, 4})) << "bytes";
  EXPECT_FALSE(parse_yaml("a: &x [[[1]]]\nb: [[*x]]", "x", {100, 5, 100})) << "depth by alias";
}

TEST(Yaml, faults_show_no_control_characters) {
  const auto document = parse_yaml("{\"\\e[31m\": 1, \"\\e[31m\": 2}", "x");
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().faults.at(0).message.find('\x1b'), std::string::npos);
  EXPECT_EQ(document.error().message.find('\x1b'), std::string::npos);
}

TEST(Yaml, fault_at_a_node) {
  const auto document = parse_yaml("a:\n  - b: c\n", "x.yaml");
  ASSERT_TRUE(document);
  const YamlNode* list = document->root.find("a");
  ASSERT_NE(list, nullptr);
  EXPECT_EQ(to_string(document->fault_at(*list->items.at(0).find("b"), "not good", "do better")), "x.yaml:2:8: not good\n    - b: c\n         ^\n  hint: do better");
}

TEST(Yaml, single_quoted_texts_say_what_double_quoted_ones_say) {
  struct Row {
    const char* summary;
    std::string written, text;
  };
  const Row rows[] = {{"nothing", "''", ""},
                      {"a quote", "''''", "'"},
                      {"quotes in a row, over which libfyaml leaks memory", "'" + std::string(2000, '\'') + "'", std::string(1000, '\'')},
                      {"blanks at both ends", "'  x  '", "  x  "},
                      {"no escapes", "'a\\nb \"'", "a\\nb \""},
                      {"a line's end is a space", "'a  \n   b'", "a b"},
                      {"an empty line is a line's end", "'a\n\n   b'", "a\nb"},
                      {"two empty lines, with blanks", "'a \n  \n \t \n  b'", "a\n\nb"},
                      {"a line's end at the front and at the back", "' \n  a\n  '", " a "},
                      {"quotes beside a line's end", "'a''\n  ''b'", "a' 'b"}};
  for (const Row& row : rows) {
    const auto document = parse_yaml("k: " + row.written + "\n", "x.yaml");
    ASSERT_TRUE(document) << row.summary << ": " << document.error().message;
    EXPECT_EQ(document->root.find("k")->text, row.text) << row.summary;
    // In double quotes lines are folded in the same way, and that is the library's doing.
    const std::string inside = row.written.substr(1, row.written.size() - 2);
    std::string doubled;
    for (size_t at = 0; at < inside.size(); ++at) {
      if (inside[at] == '"' || inside[at] == '\\') doubled += '\\';
      doubled += inside[at];
      if (inside[at] == '\'') ++at;
    }
    const auto other = parse_yaml("k: \"" + doubled + "\"\n", "x.yaml");
    ASSERT_TRUE(other) << row.summary << ": " << other.error().message;
    EXPECT_EQ(other->root.find("k")->text, row.text) << row.summary << ", in double quotes";
  }
}

}  // namespace
}  // namespace ashlar
