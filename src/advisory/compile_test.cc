#include "advisory/compile.h"

#include <gtest/gtest.h>

#include <archive.h>
#include <archive_entry.h>

#include <atomic>
#include <fstream>

#include "advisory/content.h"
#include "advisory/in_turns.h"
#include "base/parallel.h"
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
  EXPECT_EQ(database->newest("Debian:13", "openssl").value(), (std::vector<std::pair<std::string, std::string>>{{"debian", "3.5.1-1"}}));
  EXPECT_TRUE(database->newest("Debian:13", "zsh").value().empty());
  EXPECT_TRUE(database->newest("Debian:11", "openssl").value().empty());
}

TEST_F(CompileTest, SeveralThreadsAskInTurns) {
  ASSERT_TRUE(make({input("debian", "tracker.json")}, "a.db"));
  const auto database = Database::open(folder / "a.db").value();
  const auto turns = in_turns(*database);
  EXPECT_EQ(turns->digest(), database->digest());
  EXPECT_EQ(turns->created(), database->created());
  EXPECT_EQ(turns->feeds().size(), 1U);
  EXPECT_EQ(in_turns(*no_database("why"))->absence(), "why");
  std::atomic<int> right = 0;
  in_parallel(400, 8, [&](size_t at, size_t) {
    const auto matches = turns->matches("Debian:13", at % 2 == 0 ? "openssl" : "zlib");
    const auto named = turns->named("CVE-2026-0003");
    const auto first = matches ? turns->advisory(matches->front().record) : std::unexpected(matches.error());
    right += matches && named && first && matches->size() == (at % 2 == 0 ? 2U : 1U) && named->size() == 1 && first->id == (at % 2 == 0 ? "CVE-2026-0001" : "CVE-2026-0003");
  });
  EXPECT_EQ(right, 400);
}

TEST_F(CompileTest, TheNewestOfSeveralDocumentsIsKnown) {
  const auto document = [](const std::string& version) { return R"({"xz": {"CVE-2026-0005": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": ")" + version + R"("}}}}}})"; };
  std::filesystem::create_directories(folder / "feed");
  write("feed/a.json", document("5.9-1")), write("feed/b.json", document("5.10-1")), write("feed/c.json", document("5.8-1"));
  ASSERT_TRUE(make({input("f", "feed")}, "a.db"));
  EXPECT_EQ(Database::open(folder / "a.db").value()->newest("Debian:13", "xz").value(), (std::vector<std::pair<std::string, std::string>>{{"f", "5.10-1"}}));
}

TEST_F(CompileTest, SupportIsAskedByNameAndByPattern) {
  write("limited", "# comment\nbinutils only for trusted content\ngolang.* see the manual\nopenjdk-2.* no\n");
  FeedInput limited = input("limited", "limited");
  limited.stamp.format = "debian-support-limited";
  limited.settings.space = "Debian:13";
  ASSERT_TRUE(make({input("debian", "tracker.json"), limited}, "a.db"));
  const auto database = Database::open(folder / "a.db").value();
  const auto remark = [&](std::string_view space, std::string_view package) {
    const auto found = database->support(space, package).value();
    EXPECT_TRUE(found.empty() || (found[0].space == space && found[0].package == package)) << package;
    return found.empty() ? std::string() : found[0].remark;
  };
  EXPECT_EQ(remark("Debian:13", "binutils"), "limited: only for trusted content");
  EXPECT_EQ(remark("Debian:13", "golang-1.24"), "limited: see the manual");
  EXPECT_EQ(remark("Debian:13", "golang"), "limited: see the manual");
  EXPECT_EQ(remark("Debian:13", "openjdk-21"), "limited: no");
  for (const char* other : {"golan", "binutils-common", "openjdk-1", "", "golang.*x"}) EXPECT_EQ(remark("Debian:13", other), other == std::string_view("golang.*x") ? "limited: see the manual" : "") << other;
  EXPECT_EQ(remark("Debian:12", "binutils"), "");
}

TEST_F(CompileTest, NamesAreAskedForAsTheirEcosystemSpellsThem) {
  const auto record = [](const std::string& space, const std::string& name) { return R"({"id": "X-)" + space + R"(", "modified": "2024-06-01T00:00:00Z", "affected": [{"package": {"ecosystem": ")" + space + R"(", "name": ")" + name + R"("}, "versions": ["1"]}]})"; };
  std::filesystem::create_directories(folder / "feed");
  write("feed/a.json", record("PyPI", "Ruamel.YAML"));
  write("feed/b.json", record("npm", "@Scope/Name"));
  write("feed/c.json", record("Maven", "Org.Group:Artifact"));
  write("feed/d.json", record("Go", "github.com/Azure/x"));
  write("feed/e.json", record("crates.io", "serde_json"));
  FeedInput osv = input("osv", "feed");
  osv.stamp.format = "osv";
  ASSERT_TRUE(make({osv}, "a.db"));
  const auto database = Database::open(folder / "a.db").value();
  struct Row { std::string_view space, package; bool found; };
  const Row rows[] = {
      {"PyPI", "ruamel-yaml", true}, {"PyPI", "ruamel.yaml", true}, {"PyPI", "RUAMEL__yaml", true}, {"PyPI", "ruamelyaml", false},
      {"npm", "@Scope/Name", true}, {"npm", "@scope/name", false}, {"npm", "Name", false},
      {"Maven", "Org.Group:Artifact", true}, {"Maven", "org.group:artifact", false}, {"Maven", "Artifact", false},
      {"Go", "github.com/Azure/x", true}, {"Go", "github.com/azure/x", true}, {"Go", "github.com/azure/y", false},
      {"crates.io", "serde_json", true}, {"crates.io", "serde-json", true}, {"crates.io", "Serde_Json", true}, {"crates.io", "serdejson", false},
  };
  for (const Row& row : rows) EXPECT_EQ(database->matches(row.space, row.package).value().size(), row.found ? 1U : 0U) << row.space << " " << row.package;
}

TEST_F(CompileTest, AnAdvisoryTellsThePackagesThatItSpeaksOf) {
  write("more.json", R"({"openssl": {"CVE-2026-0003": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": "1"}, "urgency": "low"}}}}})");
  write("both.json", R"({"b": {"CVE-2026-0009": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": "1"}, "urgency": "low"}}}},
                         "a": {"CVE-2026-0009": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": "1"}, "urgency": "low"}, "bookworm": {"status": "open", "repositories": {"bookworm": "1"}, "urgency": "low"}}}}})");
  ASSERT_TRUE(make({input("debian", "tracker.json"), input("other", "more.json"), input("third", "both.json")}, "a.db"));
  ASSERT_TRUE(make({input("debian", "tracker.json", true), input("other", "more.json"), input("third", "both.json", true)}, "b.db", "a.db"));
  for (const char* file : {"a.db", "b.db"}) {  // as it was read, and as it was kept
    auto database = Database::open(folder / file).value();
    std::string told;
    for (const char* id : {"CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0009"}) {
      told += id;
      const auto records = database->named(id);
      ASSERT_TRUE(records) << records.error().message;
      for (const std::int64_t record : *records) {
        const auto packages = database->packages(record);
        ASSERT_TRUE(packages) << packages.error().message;
        for (const PackageName& each : *packages) told += " " + each.space + "/" + each.name;
      }
      told += "\n";
    }
    EXPECT_EQ(told,
              "CVE-2026-0001 Debian:12/openssl Debian:13/openssl\n"
              "CVE-2026-0002 Debian:13/openssl\n"
              "CVE-2026-0003 Debian:13/zlib Debian:13/openssl\n"
              "CVE-2026-0009 Debian:12/a Debian:13/a Debian:13/b\n") << file;
    EXPECT_FALSE(database->packages(99));
  }
  EXPECT_EQ(no_database("why")->packages(1).error().message, "there is no advisory database, and no record 1");
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

TEST_F(CompileTest, ADatabaseTellsWhetherItIsWhole) {
  ASSERT_TRUE(make({input("debian", "tracker.json")}, "a.db"));
  ASSERT_TRUE(make({input("debian", "tracker.json")}, "b.db"));
  const std::string whole = slurp(folder / "a.db");
  EXPECT_EQ(whole, slurp(folder / "b.db")) << "the same inputs give the same bytes";
  const auto check = [&](const std::string& bytes) {
    write("damaged.db", bytes);
    return check_content(*files->open(folder / "damaged.db").value(), "damaged.db");
  };
  EXPECT_TRUE(check(whole));
  // Every byte counts, those of the digest itself among them.
  size_t missed = 0, tried = 0;
  for (size_t at = 0; at < whole.size(); at += 97) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
    const Done answer = check(damaged);
    ++tried;
    missed += answer ? 1 : 0;
    EXPECT_TRUE(answer || answer.error().kind == Kind::Corrupt) << at;
  }
  EXPECT_GT(tried, 300U);
  EXPECT_EQ(missed, 0U);
  const size_t digest = whole.find("contentsha256:") + 20;
  for (const size_t at : {digest, digest + 63}) {
    std::string damaged = whole;
    damaged[at] = damaged[at] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(check(damaged)) << at;
  }
  for (const std::string& bytes : {std::string(), whole.substr(0, 4096), whole.substr(0, whole.size() - 1), whole.substr(0, whole.size() / 2), whole + '\0'}) EXPECT_FALSE(check(bytes)) << bytes.size() << " bytes";
  // A flipped bit that SQLite does not see: a version in a record.
  std::string version = whole;
  version.replace(version.find("3.5.1-1"), 7, "3.5.0-1");
  const auto seen = check(version);
  ASSERT_FALSE(seen);
  EXPECT_TRUE(seen.error().message.starts_with("cannot open advisory database 'damaged.db': its bytes are not those that were compiled: their digest is sha256:")) << seen.error().message;
  EXPECT_TRUE(Database::open(folder / "damaged.db")) << "which is why the digest is there";
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

// The tracker's `fixed_version` became `0`, and the update said `0 new, 0 changed`.
TEST_F(CompileTest, WhatTakesAFindingAwayIsNews) {
  using Names = std::vector<std::string>;
  const auto record = [](const std::string& id, const std::string& affected, const std::string& more = "") {
    return R"({"schema_version": "1.6.0", "id": ")" + id + R"(", "modified": "2026-01-02T00:00:00Z")" + more + R"(, "affected": [)" + affected + "]}";
  };
  const auto of = [](const std::string& package, const std::string& events) { return R"({"package": {"ecosystem": "PyPI", "name": ")" + package + R"("}, "ranges": [{"type": "ECOSYSTEM", "events": [)" + events + "]}]}"; };
  const std::string range = R"({"introduced": "0"}, {"fixed": "2.0"})";
  const std::string one = record("A-1", of("left", range)), two = record("A-2", of("left", range) + ", " + of("right", range));
  const struct {
    const char* summary;
    std::string one, two;  ///< empty: not there
    std::uint64_t added, changed;
    Names vanished, withdrawn, retracted;
  } rows[] = {
      {"a fix in an earlier version", record("A-1", of("left", R"({"introduced": "0"}, {"fixed": "1.0"})")), two, 0, 1, {}, {}, {}},
      {"a later beginning", record("A-1", of("left", R"({"introduced": "1.9"}, {"fixed": "2.0"})")), two, 0, 1, {}, {}, {}},
      {"a package less", one, record("A-2", of("left", range)), 0, 1, {}, {}, {"A-2"}},
      {"another package", record("A-1", of("other", range)), two, 0, 1, {}, {}, {"A-1"}},
      {"no package at all", record("A-1", ""), two, 0, 1, {}, {}, {"A-1"}},
      {"withdrawn", record("A-1", of("left", range), R"(, "withdrawn": "2026-01-03T00:00:00Z")"), two, 0, 1, {}, {"A-1"}, {}},
      {"gone", "", two, 0, 0, {"A-1"}, {}, {}},
      {"a package more", record("A-1", of("left", range) + ", " + of("right", range)), two, 0, 1, {}, {}, {}},
      {"words alone", record("A-1", of("left", range), R"(, "summary": "other words")"), two, 0, 1, {}, {}, {}},
      {"the same in another order", one, record("A-2", of("right", range) + ", " + of("left", range)), 0, 0, {}, {}, {}},
      {"the same said twice", record("A-1", of("left", range) + ", " + of("left", range)), two, 0, 0, {}, {}, {}},
  };
  const auto state = [&](const std::string& first, const std::string& second, const std::string& target, const std::string& previous) {
    std::filesystem::remove_all(folder / "osv");
    std::filesystem::create_directories(folder / "osv");
    if (!first.empty()) write("osv/1.json", first);
    write("osv/2.json", second);
    auto feed = input("pypi", "osv");
    feed.stamp.format = "osv";
    return make({feed}, target, previous);
  };
  for (const auto& row : rows) {
    ASSERT_TRUE(state(one, two, "one.db", "")) << row.summary;
    const auto compiled = state(row.one, row.two, "two.db", "one.db");
    ASSERT_TRUE(compiled) << row.summary << compiled.error().message;
    ASSERT_EQ(compiled->news.size(), 1U) << row.summary;
    const FeedNews& news = compiled->news[0];
    EXPECT_EQ(news.added, row.added) << row.summary;
    EXPECT_EQ(news.changed, row.changed) << row.summary;
    EXPECT_EQ(news.vanished, row.vanished) << row.summary;
    EXPECT_EQ(news.withdrawn, row.withdrawn) << row.summary;
    EXPECT_EQ(news.retracted, row.retracted) << row.summary;
  }
}

TEST_F(CompileTest, AFixedVersionOfTheTrackerThatBecomesZeroIsNews) {
  ASSERT_TRUE(make({input("debian", "tracker.json")}, "one.db"));
  std::string text(tracker);
  text.replace(text.find("\"3.5.1-1\", \"repositories\""), 9, "\"0\"");
  write("tracker.json", text);
  const auto compiled = make({input("debian", "tracker.json")}, "two.db", "one.db").value();
  ASSERT_EQ(compiled.news.size(), 1U);
  EXPECT_EQ(compiled.news[0].changed, 1U);
  EXPECT_EQ(compiled.news[0].retracted, std::vector<std::string>{"CVE-2026-0001"});
}

TEST_F(CompileTest, WhatIsNoLongerKnownToBeExploitedIsNews) {
  const auto catalogue = [](const std::vector<std::string>& ids) {
    std::string out = R"({"title": "x", "catalogVersion": "1", "dateReleased": "1970-01-01T00:00:00Z", "count": )" + std::to_string(ids.size()) + R"(, "vulnerabilities": [)";
    for (const std::string& id : ids) out += (id == ids.front() ? "" : ",") + std::string(R"({"cveID": ")") + id + R"(", "dateAdded": "1970-01-01", "dueDate": "1970-01-02", "knownRansomwareCampaignUse": "Unknown"})";
    return out + "]}";
  };
  auto feed = input("kev", "kev.json");
  feed.stamp.format = "kev";
  write("kev.json", catalogue({"CVE-2026-0001", "CVE-2026-0002"}));
  ASSERT_TRUE(make({feed}, "one.db"));
  write("kev.json", catalogue({"CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0004"}));
  const auto compiled = make({feed}, "two.db", "one.db");
  ASSERT_TRUE(compiled) << compiled.error().message;
  ASSERT_EQ(compiled->news.size(), 1U);
  EXPECT_EQ(compiled->news[0].vanished, std::vector<std::string>{"CVE-2026-0001"});
  EXPECT_EQ(compiled->news[0].added, 2U);
}

TEST_F(CompileTest, AFeedIsAsOldAsItWasLastKnownToBeCurrent) {
  constexpr std::int64_t day = 86400;
  const struct {
    const char *summary, *source;
    std::int64_t dated;                 ///< of the file
    std::optional<std::int64_t> check;  ///< days
    bool same;                          ///< that is checked
    std::int64_t current;
  } rows[] = {
      {"a file, as it was written", "tracker.json", 3, {}, true, 3},
      {"from standard input", "standard input", 0, {}, true, 10},
      {"fetched", "https://example.org/tracker.json", 0, {}, true, 10},
      {"fetched, and asked again", "https://example.org/tracker.json", 0, 20, true, 20},
      {"asked before it was fetched", "https://example.org/tracker.json", 0, 5, true, 10},
      {"another was asked for", "https://example.org/tracker.json", 0, 20, false, 10},
  };
  for (const auto& row : rows) {
    auto feed = input("debian", "tracker.json");
    feed.stamp.source = row.source;
    feed.stamp.fetched = Time{10 * day};
    feed.stamp.dated = Time{row.dated * day};
    feed.stamp.max_age = 2 * day;
    ASSERT_TRUE(make({feed}, "a.db")) << row.summary;
    std::vector<FeedCheck> checks;
    const Digest digest = Database::open(folder / "a.db").value()->feeds()[0].digest;
    if (row.check) checks.push_back({"debian", row.same ? digest : Digest::of(std::string_view("other")), Time{*row.check * day}});
    const auto database = Database::open(folder / "a.db", checks).value();
    const FeedStamp& stamp = database->feeds()[0];
    EXPECT_EQ(stamp.current(), Time{row.current * day}) << row.summary;
    EXPECT_FALSE(stamp.is_stale(Time{(row.current + 2) * day})) << row.summary;
    EXPECT_TRUE(stamp.is_stale(Time{(row.current + 2) * day + 1})) << row.summary;
    EXPECT_EQ(stamp.dated, Time{(row.dated == 0 ? 10 : row.dated) * day}) << row.summary << ": what it says of its content stays";
  }
}

TEST_F(CompileTest, ADamagedFeedStaysAtItsLastGoodStateAndTheOthersAreCompiled) {
  write("other.json", R"({"xz": {"CVE-2026-0005": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": "5-1"}}}}}})");
  ASSERT_TRUE(make({input("debian", "tracker.json"), input("other", "other.json")}, "a.db"));
  write("more.json", R"({"xz": {"CVE-2026-0006": {"releases": {"trixie": {"status": "open", "repositories": {"trixie": "5-1"}}}}}})");
  for (const std::string& bad : {std::string(tracker.substr(0, tracker.size() / 2)), std::string(), std::string("<html></html>")}) {
    write("bad.json", bad);
    const auto compiled = make({input("debian", "bad.json"), input("other", "more.json"), input("third", "bad.json")}, "b.db", "a.db");
    ASSERT_TRUE(compiled) << compiled.error().message;
    ASSERT_EQ(compiled->faults.size(), 2U);
    EXPECT_EQ(compiled->faults[0].feed, "debian");
    EXPECT_TRUE(compiled->faults[0].error.message.starts_with("cannot read feed 'debian': ")) << compiled->faults[0].error.message;
    EXPECT_EQ(compiled->faults[1].feed, "third");
    const auto database = Database::open(folder / "b.db").value();
    ASSERT_EQ(database->feeds().size(), 2U) << "what never was good is not there";
    EXPECT_EQ(database->feeds()[0].source, "tracker.json");
    EXPECT_EQ(database->feeds()[0].records, 3U);
    EXPECT_EQ(database->named("CVE-2026-0006").value().size(), 1U);
    EXPECT_TRUE(database->named("CVE-2026-0005").value().empty());
  }
}

TEST_F(CompileTest, WhereNoFeedReadsNothingIsWritten) {
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
    const auto compiled = make({input("debian", "tracker.json", true), input("other", "bad.json")}, "a.db", "a.db");
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

TEST_F(CompileTest, ADatabaseOfAnotherLayoutIsToldFromADamagedOne) {
  ASSERT_TRUE(make({input("debian", "tracker.json")}, "a.db"));
  std::string older = slurp(folder / "a.db");
  older[63] = 1;  // the last byte of `user_version`, SQLite's file format 1.3.16
  write("older.db", older);
  const auto opened = Database::open(folder / "older.db");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, Kind::Invalid);
  EXPECT_TRUE(opened.error().message.ends_with("its layout is version 1, this program reads version 5: make it anew with `ashlar feed update`")) << opened.error().message;
}

/// A zip archive of one member of zeros; `stream`: its head does not tell how large it is.
void write_bomb(const host::Path& path, size_t size, bool stream) {
  const std::unique_ptr<archive, decltype(&archive_write_free)> out(archive_write_new(), archive_write_free);
  archive_write_set_format_zip(out.get());
  ASSERT_EQ(archive_write_open_filename(out.get(), path.c_str()), ARCHIVE_OK);
  const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), "PYSEC-1.json");
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  if (!stream) archive_entry_set_size(entry.get(), static_cast<la_int64_t>(size));
  ASSERT_EQ(archive_write_header(out.get(), entry.get()), ARCHIVE_OK);
  const std::string piece(1 << 20, ' ');
  for (size_t at = 0; at < size; at += piece.size()) ASSERT_GE(archive_write_data(out.get(), piece.data(), std::min(piece.size(), size - at)), 0);
  ASSERT_EQ(archive_write_close(out.get()), ARCHIVE_OK);
}

// One of 1 GiB was read whole before it was refused: 2.9 GB of memory for an archive of 2.7 MB.
TEST_F(CompileTest, AMemberOfAnArchiveIsBoundedBeforeItIsRead) {
  constexpr size_t limit = size_t{256} << 20;
  for (const bool stream : {false, true}) {
    write_bomb(folder / "bomb.zip", limit + 1, stream);
    auto bomb = input("pypi", "bomb.zip");
    bomb.stamp.format = "osv";
    const auto compiled = make({bomb}, "x.db");
    ASSERT_FALSE(compiled) << stream;
    EXPECT_EQ(compiled.error().message, "cannot read feed 'pypi': 'PYSEC-1.json' in it is larger than 256 MiB") << stream;
    EXPECT_EQ(compiled.error().kind, Kind::Corrupt) << stream;
  }
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
