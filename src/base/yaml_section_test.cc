#include "base/yaml_section.h"

#include <gtest/gtest.h>

#include <array>

namespace ashlar {
namespace {

class Reader : public YamlSection {
 public:
  using YamlSection::YamlSection;
  bool read(const YamlNode& node) {
    constexpr std::array<std::string_view, 3> names = {"proofs", "stop-on", "keyring"};
    if (!known(node, names)) return false;
    flag(node, "proofs", proofs);
    return true;
  }
  bool proofs = true;
};

TEST(YamlSection, SaysEveryFaultAndWhere) {
  struct Row { const char *summary, *text; bool mapping, proofs; std::vector<std::string> faults; };
  const Row rows[] = {
      {"nothing said", "keyring: a\n", true, true, {}},
      {"a flag", "proofs: false\n", true, false, {}},
      {"a text is no mapping", "proofs\n", false, true, {"1:1 a mapping is expected here ()"}},
      {"a list is none", "- proofs\n", false, true, {"1:1 a mapping is expected here ()"}},
      {"a key that was probably meant", "prooofs: true\n", true, true, {"1:1 unknown key 'prooofs' (did you mean 'proofs'?)"}},
      {"one like no other", "xyz: 1\n", true, true, {"1:1 unknown key 'xyz' (there are proofs, stop-on, keyring)"}},
      {"several, each once", "stopon: 1\nproofs: true\nkeyrings: 2\n", true, true, {"1:1 unknown key 'stopon' (did you mean 'stop-on'?)", "3:1 unknown key 'keyrings' (did you mean 'keyring'?)"}},
      {"a flag that is none", "keyring: a\nproofs: no\n", true, true, {"2:9 'no' is neither true nor false ()"}},
      {"a flag in quotes is a text", "proofs: 'false'\n", true, true, {"1:9 'false' is neither true nor false ()"}},
  };
  for (const Row& row : rows) {
    const auto document = parse_yaml(row.text, "a.yaml");
    ASSERT_TRUE(document) << row.summary;
    Reader reader(*document);
    EXPECT_EQ(reader.read(document->root), row.mapping) << row.summary;
    EXPECT_EQ(reader.proofs, row.proofs) << row.summary;
    std::vector<std::string> faults;
    for (const Fault& each : reader.faults) faults.push_back(std::to_string(each.line) + ":" + std::to_string(each.column) + " " + each.message + " (" + each.hint + ")");
    EXPECT_EQ(faults, row.faults) << row.summary;
  }
}

TEST(YamlSection, AfterAHundredFaultsSaysThatThereAreMore) {
  std::string text;
  for (int at = 0; at < 5000; ++at) text += "k" + std::to_string(at) + ": 1\n";
  const auto document = parse_yaml(text, "a.yaml");
  ASSERT_TRUE(document);
  Reader reader(*document);
  EXPECT_TRUE(reader.read(document->root));
  ASSERT_EQ(reader.faults.size(), 101U);
  EXPECT_EQ(reader.faults[99].line, 100);
  EXPECT_EQ(reader.faults[100].message, "there are more faults: mend these first");
}

}  // namespace
}  // namespace ashlar
