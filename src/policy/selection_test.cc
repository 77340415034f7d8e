#include "policy/selection.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "policy/inner/base_lines.h"

namespace ashlar::policy {
namespace {

std::string digest(char letter) { return "sha256:" + std::string(64, letter); }

Selection two() {
  SelectedBase full{.repository = "registry.example/hardened/python", .tags = {"3.13", "3"}, .digest = digest('a'), .platforms = {{"linux/amd64", digest('b'), {digest('c'), digest('d')}}, {"linux/arm64", digest('e'), {}}},
                    .vendor = "ours", .created = Time{1'600'000'000}, .supported_until = Time{1'900'000'000}, .from = Time{1'700'000'000}, .until = Time{1'800'000'000}, .approved_by = "platform@example.org", .note = "for the shop"};
  SelectedBase least{.repository = "registry.example/hardened/go", .digest = digest('f'), .from = Time{1'700'000'000}, .approved_by = "alice"};
  return {.bases = {full, least}, .id = "6d1f", .serial = 7};
}

TEST(Selection, IsTheSameOnceItIsWritten) {
  const Selection before = two();
  const std::string text = to_pretty(to_json(before));
  const auto after = read_selection(text, "s.json");
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(*after, before);
  EXPECT_EQ(to_pretty(to_json(*after)), text);
  EXPECT_TRUE(read_selection(to_pretty(to_json(Selection())), "s.json")->bases.empty());
}

TEST(Selection, IsReadFromTheStatementThatHasIt) {
  const Json statement = {{"_type", "https://in-toto.io/Statement/v1"}, {"subject", Json::array()}, {"predicateType", selection_uri}, {"predicate", to_json(two())}};
  const auto read = read_selection(to_pretty(statement), "s.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, two());
}

TEST(Selection, SaysWhatIsWrong) {
  const auto with = [](const std::function<void(Json&)>& change) {
    Json json = to_json(two());
    change(json);
    return to_pretty(json);
  };
  const auto base = [&](const char* key, Json value) { return with([&](Json& json) { json["bases"][0][key] = std::move(value); }); };
  const auto without = [&](const char* key) { return with([&](Json& json) { json["bases"][0].erase(key); }); };
  struct Row { const char* summary; std::string text, says; };
  const Row rows[] = {
      {"no JSON", "{", "cannot read selection 's.json': "},
      {"a list", "[]", "it is none: it takes 'bases'"},
      {"another schema", R"({"schema": "x", "bases": []})", "it is none"},
      {"no bases", "{}", "it is none"},
      {"a serial that is none", with([](Json& json) { json["serial"] = 0; }), "'serial' is no number above 0"},
      {"a serial that is a text", with([](Json& json) { json["serial"] = "7"; }), "'serial' is no number above 0"},
      {"an id that is none", with([](Json& json) { json["id"] = 7; }), "'id' is no text"},
      {"a base that is a text", R"({"bases": ["x"]})", "base 1: a base is no object"},
      {"no repository", without("repository"), "base 1: 'repository' is missing"},
      {"a short name", base("repository", "python"), "base 1: 'python' is no full name"},
      {"no digest", without("digest"), "base 1: 'digest' is missing"},
      {"a digest that is none", base("digest", "sha256:1"), "base 1: "},
      {"no beginning", without("from"), "base 1: 'from' is missing"},
      {"a beginning that is none", base("from", "soon"), "base 1: "},
      {"an end before it", base("until", "2001-01-01"), "base 1: 'until' is not after 'from'"},
      {"approved by nobody", without("approved_by"), "base 1: 'approved_by' is missing"},
      {"approved by blanks", base("approved_by", " "), "base 1: 'approved_by' is no text"},
      {"tags that are no list", base("tags", "1"), "base 1: 'tags' is no list"},
      {"a tag that is no text", base("tags", Json::array({1})), "base 1: 'tags' has what is no text"},
      {"platforms that are no list", base("platforms", 1), "base 1: 'platforms' is no list"},
      {"a platform that is a text", base("platforms", Json::array({"linux/amd64"})), "base 1: a platform is no object"},
      {"a platform without a manifest", base("platforms", Json::array({{{"platform", "linux/amd64"}}})), "base 1: 'manifest' is missing"},
      {"a layer that is none", base("platforms", Json::array({{{"platform", "linux/amd64"}, {"manifest", digest('a')}, {"diff_ids", {"x"}}}})), "base 1: "},
      {"the same twice", with([](Json& json) { json["bases"].push_back(json["bases"][1]); }), "base 3: 'registry.example/hardened/go@" + digest('f') + "' stands in it twice"},
  };
  for (const Row& row : rows) {
    const auto read = read_selection(row.text, "s.json");
    ASSERT_FALSE(read) << row.summary;
    EXPECT_NE(read.error().message.find(row.says), std::string::npos) << row.summary << ": " << read.error().message;
    EXPECT_TRUE(read.error().message.starts_with("cannot read selection 's.json': ")) << row.summary;
  }
}

TEST(Selection, IsFoundByDigestOrTag) {
  Selection selection = two();
  selection.bases.push_back({.repository = "registry.example/hardened/python", .tags = {"3.13"}, .digest = digest('0'), .from = Time{1'750'000'000}, .approved_by = "bob"});
  struct Row { const char *summary, *repository, *tag; std::string digest; int found; };
  const Row rows[] = {
      {"by the index", "registry.example/hardened/python", "", digest('a'), 0},
      {"by a platform's manifest", "registry.example/hardened/python", "", digest('e'), 0},
      {"the digest counts before the tag", "registry.example/hardened/python", "3.13", digest('b'), 0},
      {"a tag that one has", "registry.example/hardened/python", "3", "", 0},
      {"a tag that two have is the later one's", "registry.example/hardened/python", "3.13", "", 2},
      {"a tag that none has", "registry.example/hardened/python", "2", "", -1},
      {"no tag and no digest", "registry.example/hardened/python", "", "", -1},
      {"a layer's digest is none of an image", "registry.example/hardened/python", "", digest('c'), -1},
      {"another repository", "registry.example/hardened/go", "", digest('a'), -1},
      {"a part of the name", "registry.example/hardened", "3", "", -1},
      {"without tags", "registry.example/hardened/go", "", digest('f'), 1},
  };
  for (const Row& row : rows) {
    const SelectedBase* const found = find(selection, row.repository, row.tag, row.digest);
    EXPECT_EQ(found == nullptr ? -1 : static_cast<int>(found - selection.bases.data()), row.found) << row.summary;
  }
}

TEST(Selection, TellsTheTagsOfADigest) {
  Selection selection = two();
  selection.bases.push_back({.repository = "registry.example/hardened/python", .tags = {"3.13", "3.13.5"}, .digest = digest('0'), .platforms = {{"linux/amd64", digest('e'), {}}}, .from = Time{1'750'000'000}, .approved_by = "bob"});
  struct Row { const char *summary, *repository; std::string digest; std::vector<std::string> tags; };
  const Row rows[] = {
      {"of an index", "registry.example/hardened/python", digest('a'), {"3.13", "3"}},
      {"a platform that two have, each tag once", "registry.example/hardened/python", digest('e'), {"3.13", "3", "3.13.5"}},
      {"selected by no tag", "registry.example/hardened/go", digest('f'), {}},
      {"not selected", "registry.example/hardened/python", digest('9'), {}},
      {"selected in another repository", "registry.example/hardened/go", digest('a'), {}},
      {"a layer", "registry.example/hardened/python", digest('c'), {}},
      {"no digest", "registry.example/hardened/python", "", {}},
  };
  for (const Row& row : rows) EXPECT_EQ(tags_of(selection, row.repository, row.digest), row.tags) << row.summary;
}

}  // namespace
}  // namespace ashlar::policy
