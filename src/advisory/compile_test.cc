#include "advisory/compile.h"

#include <gtest/gtest.h>

#include <fstream>

#include "host/scratch.h"
#include "host/sqlite.h"

namespace ashlar::advisory {
namespace {

constexpr std::string_view tracker = R"({
 "openssl": {
  "CVE-2026-0001": {"description": "one", "scope": "remote", "releases": {"trixie": {"status": "resolved", "fixed_version": "3.5.1-1", "repositories": {"trixie": "3.5.1-1"}, "urgency": "high"},
                                                                         "bookworm": {"status": "open", "repositories": {"bookworm": "3.0.1-1"}, "urgency": "not yet assigned"}}},
  "CVE-2026-0002": {"releases": {"trixie": {"status": "resolved", "fixed_version": "0", "repositories": {"trixie": "3.5.1-1"}, "urgency": "unimportant"}}}},
 "zlib": {
  "CVE-2026-0003": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": "1.3-1"}, "urgency": "low", "nodsa": "Minor issue", "nodsa_reason": ""}}}}
})";

class CompileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    write("tracker.json", std::string(tracker));
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder / name, std::ios::binary) << text; }
  static std::string slurp(const host::Path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  FeedInput input(const std::string& name, const std::string& file, bool keep = false) const {
    return {.stamp = {.name = name, .format = "debian-tracker", .source = file, .digest = Digest::of(std::string_view()), .fetched = Time{1000}, .max_age = 86400},
            .path = folder / file, .settings = {.releases = {{"trixie", "13"}, {"bookworm", "12"}}}, .keep = keep};
  }
  Result<Compiled> make(std::vector<FeedInput> inputs, const std::string& target, const std::string& previous = {}) {
    return compile(*files, std::move(inputs), previous.empty() ? host::Path() : folder / previous, folder / target);
  }

  host::Scratch scratch;
  host::Path folder = scratch.path();
  std::unique_ptr<host::Files> files = host::machine_files();
};

TEST_F(CompileTest, WhatFeedsSayIsFoundAgain) {
  const auto compiled = make({input("debian", "tracker.json")}, "a.db").value();
  EXPECT_EQ(compiled.records, 3U);
  auto database = Database::open(folder / "a.db").value();
  EXPECT_EQ(database->digest(), compiled.digest);
  ASSERT_EQ(database->feeds().size(), 1U);
  EXPECT_EQ(database->feeds()[0].spaces, (std::vector<std::string>{"Debian:12", "Debian:13"}));
  EXPECT_EQ(database->created(), Time{1000});

  const auto matches = database->matches("Debian:13", "openssl").value();
  ASSERT_EQ(matches.size(), 2U);
  EXPECT_EQ(matches[0].affected.intervals, (std::vector<Interval>{{.introduced = {}, .fixed = "3.5.1-1"}}));
  EXPECT_EQ(matches[0].affected.urgency, "high");
  EXPECT_EQ(matches[1].affected.stance, Stance::NotAffected);
  EXPECT_EQ(database->advisory(matches[0].record).value().id, "CVE-2026-0001");
  EXPECT_EQ(database->named("CVE-2026-0003").value().size(), 1U);
  EXPECT_TRUE(database->matches("Debian:13", "OpenSSL").value().empty()) << "names are compared as they are";
  EXPECT_TRUE(database->matches("Debian:11", "openssl").value().empty());
  EXPECT_TRUE(database->named("CVE-2026-9999").value().empty());
  EXPECT_FALSE(database->advisory(99).has_value());
}

TEST_F(CompileTest, OnlyTheMembersThatAreAskedForAreRead) {
  std::filesystem::create_directories(folder / "feed/osv");
  std::filesystem::create_directories(folder / "feed/vex");
  write("feed/osv/a.json", R"({"id":"X-1","modified":"2024-06-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:13","name":"bash"},"versions":["1"]}]})");
  write("feed/vex/a.vex.json", R"({"@context":"https://openvex.dev/ns/v0.2.0"})");
  FeedInput osv = input("osv", "feed");
  osv.stamp.format = "osv";
  EXPECT_FALSE(make({osv}, "a.db"));
  osv.settings.members = "osv/**";
  EXPECT_EQ(make({osv}, "a.db").value().records, 1U);
  osv.settings.members = "nothing/**";
  const auto none = make({osv}, "a.db");
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().message.ends_with("no document of it lies at 'nothing/**' (`members` of its description)")) << none.error().message;
}

TEST_F(CompileTest, TheSameInputsAreTheSameBytes) {
  ASSERT_TRUE(make({input("a", "tracker.json"), input("b", "tracker.json")}, "one.db"));
  ASSERT_TRUE(make({input("b", "tracker.json"), input("a", "tracker.json")}, "two.db"));
  EXPECT_EQ(slurp(folder / "one.db"), slurp(folder / "two.db"));
}

TEST_F(CompileTest, AKeptFeedIsAsGoodAsAReadOne) {
  ASSERT_TRUE(make({input("a", "tracker.json"), input("b", "tracker.json")}, "one.db"));
  const auto again = make({input("a", "tracker.json", true), input("b", "tracker.json", true)}, "two.db", "one.db");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(slurp(folder / "one.db"), slurp(folder / "two.db"));
  EXPECT_EQ(make({input("c", "tracker.json", true)}, "three.db", "one.db").error().message, "cannot keep feed 'c': the previous database does not have it");
}

TEST_F(CompileTest, WhatIsNewsIsTold) {
  ASSERT_TRUE(make({input("debian", "tracker.json")}, "one.db"));
  std::string text(tracker);
  text.replace(text.find("CVE-2026-0003"), 13, "CVE-2026-0004");
  text.replace(text.find("3.5.1-1"), 7, "3.5.2-1");
  write("tracker.json", text);
  auto compiled = make({input("debian", "tracker.json")}, "two.db", "one.db").value();
  ASSERT_EQ(compiled.news.size(), 1U);
  EXPECT_EQ(compiled.news[0].vanished, std::vector<std::string>{"CVE-2026-0003"});
  EXPECT_EQ(compiled.news[0].added, 1U);
}

TEST_F(CompileTest, ADamagedFeedIsRefusedWholeAndTheLastGoodStateStays) {
  ASSERT_TRUE(make({input("debian", "tracker.json")}, "a.db"));
  const std::string before = slurp(folder / "a.db");
  struct Row { std::string_view summary; std::string text; };
  const Row rows[] = {
      {"cut off", std::string(tracker.substr(0, tracker.size() / 2))},
      {"empty", ""},
      {"another document", "[1, 2]"},
      {"a page of HTML", "<html></html>"},
  };
  for (const Row& row : rows) {
    write("bad.json", row.text);
    const auto compiled = make({input("debian", "tracker.json"), input("other", "bad.json")}, "a.db", "a.db");
    ASSERT_FALSE(compiled) << row.summary;
    EXPECT_TRUE(compiled.error().message.starts_with("cannot read feed 'other': ")) << compiled.error().message;
    EXPECT_EQ(slurp(folder / "a.db"), before) << row.summary;
  }
}

TEST_F(CompileTest, WhatIsNoDatabaseIsNotOpened) {
  write("text.db", std::string(8192, 'x'));
  EXPECT_EQ(Database::open(folder / "text.db").error().kind, Kind::Corrupt);
  EXPECT_EQ(Database::open(folder / "none.db").error().kind, Kind::NotFound);
  { ASSERT_TRUE(host::Sqlite::create(folder / "other.db").value().run("CREATE TABLE feed (x)")); }
  EXPECT_EQ(Database::open(folder / "other.db").error().kind, Kind::Corrupt);
  EXPECT_EQ(make({input("x", "tracker.json"), input("x", "tracker.json")}, "b.db").error().kind, Kind::Invalid);
}

TEST_F(CompileTest, AFeedIsTheSameInAFolderAndInAnArchive) {
  std::filesystem::create_directories(folder / "feed/deep");
  write("feed/a.json", std::string(tracker));
  write("feed/deep/b.json", R"({"xz": {"CVE-2026-0005": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": "5-1"}, "urgency": "medium"}}}}})");
  write("feed/README.md", "passed over");
  ASSERT_EQ(std::system(("tar -C " + (folder / "feed").string() + " -czf " + (folder / "feed.tar.gz").string() + " .").c_str()), 0);
  const auto from_folder = make({input("f", "feed")}, "folder.db").value();
  auto packed = input("f", "feed.tar.gz");
  packed.stamp.source = "feed";
  const auto from_archive = make({packed}, "archive.db").value();
  EXPECT_EQ(from_folder.digest, from_archive.digest);
  EXPECT_EQ(slurp(folder / "folder.db"), slurp(folder / "archive.db"));
  EXPECT_EQ(from_folder.records, 4U);
}

}  // namespace
}  // namespace ashlar::advisory
