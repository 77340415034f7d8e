#include "pipeline/starter.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "host/memory.h"
#include "pipeline/fleet.h"

namespace ashlar::pipeline {
namespace {

std::string words(const std::vector<host::Path>& paths) {
  std::vector<std::string> out;
  for (const host::Path& each : paths) out.push_back(each.string());
  return join(out, " ");
}

TEST(Starter, names_are_filled_in) {
  const std::map<std::string, std::string> values = {{"NAME", "web"}, {"A_1", "@NAME@"}, {"EMPTY", ""}};
  struct Row {
    const char *summary, *text, *expected;
  };
  const Row rows[] = {
      {"nothing to fill in", "plain", "plain"},
      {"one", "image: @NAME@", "image: web"},
      {"two beside each other", "@NAME@@NAME@", "webweb"},
      {"a value is not read again", "@A_1@", "@NAME@"},
      {"empty", "a@EMPTY@b", "ab"},
      {"an action's version is no name", "uses: actions/checkout@v4", "uses: actions/checkout@v4"},
      {"a digest is none", "x@sha256:AB@NAME@", "x@sha256:ABweb"},
      {"a mail address is none", "a@B.C @", "a@B.C @"},
      {"two at signs", "@@NAME@", "@web"},
      {"open at the end", "@NAME", "@NAME"},
      {"lower case is none", "@name@", "@name@"},
      {"an expression of a CI system", "${{ vars.X }} @NAME@", "${{ vars.X }} web"},
  };
  for (const Row& row : rows) {
    const auto filled = fill_in(row.text, values, "t");
    ASSERT_TRUE(filled) << row.summary;
    EXPECT_EQ(*filled, row.expected) << row.summary;
  }
  const auto unknown = fill_in("a @OTHER@", values, "t.yaml");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "cannot fill in 't.yaml': '@OTHER@' has no value");
}

TEST(Starter, a_name_comes_of_the_folder) {
  struct Row {
    const char *summary, *folder, *expected;
  };
  const Row rows[] = {
      {"as it is", "/home/me/web", "web"},
      {"capitals", "Web", "web"},
      {"a slash at the end", "/srv/web/", "web"},
      {"signs", "/srv/My  Shop (new)!", "my-shop-new"},
      {"not only ASCII", "/srv/caf\xc3\xa9", "caf"},
      {"hidden", ".web", "web"},
      {"nothing is left", "/", "app"},
      {"signs alone", "___", "app"},
  };
  for (const Row& row : rows) EXPECT_EQ(image_name(row.folder), row.expected) << row.summary;
}

class StarterTable : public ::testing::Test {
 protected:
  void SetUp() override {
    write("/data/templates/starters.yaml", "one:\n  values: {WORD: there, NAME: nobody}\n  files:\n    - {file: '@NAME@.yaml', template: templates/a}\n    - {file: deep/b, template: policies/b}\n");
    write("/data/templates/a", "@NAME@ @WORD@\n");
    write("/data/policies/b", "b\n");
  }
  void write(const host::Path& path, std::string_view text) { ASSERT_TRUE(world.files.write(path, text, host::Durability::Cache)); }
  std::string fault(const std::string& table, const std::string& set = "one") {
    write("/data/templates/starters.yaml", table);
    const auto read = starter_files(world.files, "/data", set, {});
    return read ? "read" : read.error().message;
  }
  host::MemoryMachine world;
};

TEST_F(StarterTable, files_come_of_templates) {
  const auto files = starter_files(world.files, "/data", "one", {{"NAME", "web"}});
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ((*files)[0].path, "web.yaml");
  EXPECT_EQ((*files)[0].text, "web there\n") << "what the caller says goes before the table";
  EXPECT_EQ((*files)[1].path, "deep/b");
  EXPECT_EQ((*files)[1].yields, "");
  write("/data/templates/starters.yaml", "one: {files: [{file: a, template: policies/b, yields: do it}]}\n");
  EXPECT_EQ(starter_files(world.files, "/data", "one", {})->at(0).yields, "do it");
  write("/data/templates/starters.yaml", "one: {values: {NAME: web, WORD: here}, files: [{file: a, template: [policies/b, templates/a]}]}\n");
  EXPECT_EQ(starter_files(world.files, "/data", "one", {})->at(0).text, "b\n\nweb here\n") << "one below the other";
}

TEST_F(StarterTable, faults_are_told) {
  EXPECT_NE(fault("one: {files: []}\n").find("a list of files is expected"), std::string::npos);
  EXPECT_NE(fault("one: {files: [{file: a}]}\n").find("a file has a 'file' and a 'template'"), std::string::npos);
  EXPECT_NE(fault("one: {files: [{file: a, template: []}]}\n").find("or a list of them"), std::string::npos);
  EXPECT_NE(fault("one: {files: [{file: a, template: [policies/b, '']}]}\n").find("or a list of them"), std::string::npos);
  EXPECT_NE(fault("one: {file: []}\n").find("'file'"), std::string::npos);
  EXPECT_NE(fault("one: {files: [{file: a, template: nowhere}]}\n").find("nowhere"), std::string::npos);
  EXPECT_NE(fault("one: {files: [{file: '@X@', template: policies/b}]}\n").find("'@X@' has no value"), std::string::npos);
  EXPECT_NE(fault("one: 1\n", "two").find("has no such set"), std::string::npos);
  EXPECT_NE(fault("a: [").find("cannot"), std::string::npos);
}

class StarterPlace : public StarterTable {
 protected:
  const std::vector<StarterFile> starters = {{"a.yaml", "a\n"}, {"ci/b.sh", "b\n"}, {"c.md", "c\n"}};
  Result<Placement> put(const std::set<host::Path>& force = {}) { return place(world.files, "/team", starters, force); }
  std::string text(const host::Path& path) {
    const auto read = world.files.read(path);
    return read ? *read : "none";
  }
};

TEST_F(StarterPlace, everything_is_written_and_twice_changes_nothing) {
  const auto first = put();
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(words(first->written), "a.yaml ci/b.sh c.md");
  EXPECT_EQ(text("/team/ci/b.sh"), "b\n");
  const size_t touched = world.files.touched().size();
  const auto second = put();
  ASSERT_TRUE(second);
  EXPECT_EQ(words(second->written), "");
  EXPECT_EQ(words(second->kept), "a.yaml ci/b.sh c.md");
  const auto all = world.files.touched();
  for (size_t at = touched; at < all.size(); ++at) EXPECT_FALSE(all[at].starts_with("write")) << all[at];
}

TEST_F(StarterPlace, what_is_there_stays) {
  write("/team/c.md", "mine\n");
  write("/team/ci/b.sh", "mine, too\n");
  const auto refused = put();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::Conflict);
  EXPECT_EQ(refused.error().message, "cannot start a project in '/team': 'ci/b.sh', 'c.md' are there and would be another; nothing was written, and --force FILE replaces one");
  EXPECT_EQ(text("/team/a.yaml"), "none");
  const auto one = put({"c.md"});
  ASSERT_FALSE(one) << "only what is named is replaced";
  EXPECT_EQ(text("/team/c.md"), "mine\n");
  const auto both = put({"c.md", "ci/b.sh"});
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_EQ(text("/team/c.md"), "c\n");
  EXPECT_EQ(text("/team/a.yaml"), "a\n");
}

TEST_F(StarterPlace, a_file_may_yield_to_what_is_there) {
  const std::vector<StarterFile> yielding = {{"a.yaml", "a\n"}, {"ci.yml", "ours\n", "include ours in ci.yml"}};
  write("/team/ci.yml", "theirs\n");
  const auto placed = place(world.files, "/team", yielding, {});
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(words(placed->written), "a.yaml");
  EXPECT_EQ(placed->by_hand, std::vector<std::string>{"include ours in ci.yml"});
  EXPECT_EQ(text("/team/ci.yml"), "theirs\n");
  const auto forced = place(world.files, "/team", yielding, {"ci.yml"});
  ASSERT_TRUE(forced);
  EXPECT_EQ(text("/team/ci.yml"), "ours\n");
  EXPECT_TRUE(forced->by_hand.empty());
  EXPECT_TRUE(place(world.files, "/team", yielding, {})->by_hand.empty()) << "the same text is kept, not yielded to";
  // What has all its lines needs nothing by hand.
  const std::vector<StarterFile> lines = {{".gitignore", "# why\n*.key\n\n/.ashlar/\n", "add them"}};
  for (const auto& [there, by_hand] : {std::pair{"*.o\n/.ashlar/\n  *.key\n", 0U}, {"*.key\n", 1U}, {"*.keys\n/.ashlar/\n", 1U}, {"", 1U}}) {
    write("/team/.gitignore", there);
    const auto kept = place(world.files, "/team", lines, {});
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->by_hand.size(), by_hand) << there;
    EXPECT_EQ(text("/team/.gitignore"), there);
  }
}

TEST_F(StarterPlace, force_names_what_is_written) {
  const auto refused = put({"d.md"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::Invalid);
  EXPECT_EQ(text("/team/a.yaml"), "none");
}

TEST_F(StarterPlace, a_failed_write_takes_back_those_before_it) {
  write("/team/a.yaml", "mine\n");
  world.files.fail_at("/team/c.md", Error{Kind::Unavailable, "cannot write file '/team/c.md': no space left on device", {}});
  const auto failed = put({"a.yaml"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, Kind::Unavailable);
  EXPECT_EQ(text("/team/a.yaml"), "mine\n");
  EXPECT_EQ(text("/team/ci/b.sh"), "none");
}

TEST_F(StarterPlace, a_folder_is_looked_at) {
  write("/team/web.yaml", "image: a/web\ncontents: {packages: [base-files]}\n");
  write("/team/compose.yaml", "services: {web: {image: a}}\n");
  write("/team/broken.yaml", "a: [\n");
  write("/team/Dockerfile", "FROM scratch\n");
  const auto first = look_at(world.files, "/team");
  ASSERT_TRUE(first);
  EXPECT_EQ(words(first->definitions), "web.yaml");
  EXPECT_EQ(first->dockerfile, "Dockerfile");
  write("/team/Dockerfile.hardened", "FROM scratch\n");
  EXPECT_EQ(look_at(world.files, "/team")->dockerfile, "Dockerfile.hardened");
  EXPECT_FALSE(look_at(world.files, "/nowhere"));
}

}  // namespace
}  // namespace ashlar::pipeline
