#include <gtest/gtest.h>

#include <set>

#include "advisory/inner/collected.h"
#include "advisory/inner/shared_data.h"

namespace ashlar::advisory {
namespace {

FeedSettings three_releases() {
  FeedSettings settings;
  settings.releases = {{"bookworm", "12"}, {"trixie", "13"}, {"forky", "14"}};
  return settings;
}

/// A record of one release, `bash` in trixie.
std::string of_release(const std::string& release) { return R"({"bash":{"CVE-2024-10041":{"releases":{"trixie":)" + release + "}}}}"; }

TEST(DebianTracker, WhatARecordSays) {
  const auto read = collect("debian-tracker", R"({"aom": {"CVE-2023-39616": {"scope": "remote", "debianbug": 1050255, "description": "AOM v3.0.0 to v3.5.0 was discovered\nto contain an invalid read",
    "releases": {"trixie": {"fixed_version": "3.7.0-1", "repositories": {"trixie": "3.12.1-1+deb13u1"}, "status": "resolved", "urgency": "unimportant"},
                 "bookworm": {"repositories": {"bookworm": "3.6.0-1+deb12u3"}, "status": "open", "urgency": "low**", "nodsa": "Minor issue", "nodsa_reason": ""}}, "future": [1, 2, {}]}}})",
                            three_releases());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->advisories.size(), 1u);
  const Advisory& advisory = read->advisories[0];
  EXPECT_EQ(advisory.id, "CVE-2023-39616");
  EXPECT_EQ(advisory.summary, "AOM v3.0.0 to v3.5.0 was discovered");
  EXPECT_EQ(advisory.references, std::vector<std::string>{"https://bugs.debian.org/1050255"});
  ASSERT_EQ(advisory.affected.size(), 2u);
  EXPECT_EQ(advisory.affected[0], (Affected{"Debian:13", "aom", Grammar::Dpkg, Stance::Affected, {{"", "3.7.0-1", ""}}, {}, "unimportant", "", {}}));
  EXPECT_EQ(advisory.affected[1], (Affected{"Debian:12", "aom", Grammar::Dpkg, Stance::Affected, {{"", "", ""}}, {}, "low", "no-dsa: Minor issue", {}}));
  EXPECT_EQ(read->covered, (std::vector<std::string>{"Debian:12", "Debian:13"}));
  EXPECT_EQ(read->newest, (std::vector<Newest>{{"Debian:12", "aom", "3.6.0-1+deb12u3"}, {"Debian:13", "aom", "3.12.1-1+deb13u1"}}));
  EXPECT_TRUE(read->notes.empty());
}

TEST(DebianTracker, TheNewestVersionThatARepositoryHas) {
  struct {
    const char *summary, *suites, *newest;  ///< or the fault
  } const cases[] = {
      {"one suite", R"({"trixie":"5.2-1"})", "5.2-1"},
      {"a security suite beside it", R"({"trixie":"5.2-9","trixie-security":"5.2-10"})", "5.2-10"},
      {"by the order of versions, not of letters", R"({"a":"5.2-10","b":"5.2-9","c":"5.2~rc1"})", "5.2-10"},
      {"none", R"({})", ""},
      {"a version that is none", R"({"trixie":"v5!"})", "release 'trixie': the version in suite 'trixie' is none"},
      {"a number", R"({"trixie":5})", "release 'trixie': the version in suite 'trixie' is none"},
      {"no object", R"([])", "'repositories' is no object"},
  };
  for (const auto& each : cases) {
    const auto read = collect("debian-tracker", of_release(R"({"status":"open","repositories":)" + std::string(each.suites) + "}"), three_releases());
    const std::string got = !read ? read.error().message : read->newest.empty() ? "" : read->newest.at(0).version;
    EXPECT_TRUE(read ? got == each.newest : got.find(each.newest) != std::string::npos) << each.summary << ": " << got;
  }
  const auto two = collect("debian-tracker", R"({"bash":{"CVE-2026-0001":{"releases":{"trixie":{"status":"open","repositories":{"trixie":"5.2-1"}}}},"CVE-2026-0002":{"releases":{"trixie":{"status":"open","repositories":{"trixie":"5.2-3"}},"sid":{"status":"open","repositories":{"sid":"9"}}}}},
    "zsh":{"CVE-2026-0001":{"releases":{"trixie":{"status":"open"}}}}})", three_releases());
  ASSERT_TRUE(two) << two.error().message;
  EXPECT_EQ(two->newest, (std::vector<Newest>{{"Debian:13", "bash", "5.2-3"}})) << "of all records of a package, and of no release that is not asked for";
}

TEST(DebianTracker, Releases) {
  struct {
    const char* summary;
    const char* release;
    Stance stance;
    std::vector<Interval> intervals;
    const char* urgency;
    const char* remark;
  } const cases[] = {
      {"fixed", R"({"status":"resolved","fixed_version":"1:5.2-3","urgency":"high"})", Stance::Affected, {{"", "1:5.2-3", ""}}, "high", ""},
      {"fixed version 0: never affected", R"({"status":"resolved","fixed_version":"0","urgency":"not yet assigned"})", Stance::NotAffected, {}, "not yet assigned", ""},
      {"open", R"({"status":"open","urgency":"medium*"})", Stance::Affected, {{"", "", ""}}, "medium", ""},
      {"open here and fixed in a version that is not in the release yet", R"({"status":"open","fixed_version":"5.3-1","urgency":"medium"})", Stance::Affected, {{"", "5.3-1", ""}}, "medium", ""},
      {"undetermined", R"({"status":"undetermined","urgency":"not yet assigned"})", Stance::Undetermined, {}, "not yet assigned", ""},
      {"end of life", R"({"status":"open","urgency":"end-of-life"})", Stance::Affected, {{"", "", ""}}, "end-of-life", "end-of-life"},
      {"end of life, with a star and ignored", R"({"status":"open","urgency":"end-of-life**","nodsa":"EOL in LTS","nodsa_reason":"ignored"})", Stance::Affected, {{"", "", ""}}, "end-of-life", "end-of-life; ignored: EOL in LTS"},
      {"ignored", R"({"status":"open","urgency":"low","nodsa":"Minor issue,\twill be  fixed","nodsa_reason":"ignored"})", Stance::Affected, {{"", "", ""}}, "low", "ignored: Minor issue, will be fixed"},
      {"postponed", R"({"status":"open","urgency":"low","nodsa":"Minor issue","nodsa_reason":"postponed"})", Stance::Affected, {{"", "", ""}}, "low", "postponed: Minor issue"},
      {"no words", R"({"status":"open","urgency":"","nodsa":"","nodsa_reason":null})", Stance::Affected, {{"", "", ""}}, "", ""},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("debian-tracker", of_release(each.release), three_releases());
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->advisories.size(), 1u);
    ASSERT_EQ(read->advisories[0].affected.size(), 1u);
    const Affected& affected = read->advisories[0].affected[0];
    EXPECT_EQ(affected.stance, each.stance);
    EXPECT_EQ(affected.intervals, each.intervals);
    EXPECT_EQ(affected.urgency, each.urgency);
    EXPECT_EQ(affected.remark, each.remark);
  }
}

TEST(DebianTracker, TemporaryNamesAndReleasesOfOthers) {
  const auto read = collect("debian-tracker", R"({"bash":{"TEMP-0841856-B18BAF":{"releases":{"sid":{"status":"open","urgency":"unimportant"},"trixie":{"status":"open","urgency":"unimportant"}}},
    "CVE-2019-18276":{"releases":{"sid":{"status":"resolved","fixed_version":"5.1-1","urgency":"unimportant"}}}},"empty":{}})", three_releases());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->advisories.size(), 2u);
  EXPECT_EQ(read->advisories[0].id, "TEMP-0841856-B18BAF");
  EXPECT_EQ(read->advisories[0].affected.size(), 1u);
  EXPECT_TRUE(read->advisories[1].affected.empty());
  EXPECT_EQ(read->covered, std::vector<std::string>{"Debian:13"}) << "a release that the feed does not know is not covered";
  ASSERT_EQ(read->notes.size(), 1u);
  EXPECT_EQ(read->notes.begin()->first, "release 'sid' is none of the description's");
  EXPECT_EQ(read->notes.begin()->second, (std::vector<std::string>{"TEMP-0841856-B18BAF", "CVE-2019-18276"}));
}

TEST(DebianTracker, ReleasesThatAreNotWantedArePassedOver) {
  FeedSettings settings = three_releases();
  settings.releases["sid"] = "";
  const auto read = collect("debian-tracker", R"({"bash":{"CVE-2019-18276":{"releases":{"sid":{"status":"open"},"trixie":{"status":"open"}}}}})", settings);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->advisories[0].affected.size(), 1u);
  EXPECT_TRUE(read->notes.empty());
  EXPECT_EQ(read->covered, std::vector<std::string>{"Debian:13"});
  EXPECT_FALSE(collect("debian-tracker", R"({"bash":{"CVE-2019-18276":{"releases":{"sid":{"status":"maybe"}}}}})", settings)) << "and yet are read";
}

TEST(DebianTracker, IsRefusedWhole) {
  const std::string deep = R"({"bash":{"CVE-2024-1000":{"x":)" + std::string(5000, '[') + std::string(5000, ']') + "}}}";
  const std::string good = of_release(R"({"status":"open","urgency":"low"})");
  struct {
    const char* summary;
    std::string text;
    const char* cause;
  } const cases[] = {
      {"nothing", "", "byte 0 (line 1): it is no valid JSON here"},
      {"no record", "{}", "it has no record"},
      {"packages without a record", R"({"bash":{}})", "it has no record"},
      {"a list", "[]", "it is no object of source packages"},
      {"cut short", good.substr(0, 60), "byte 60 (line 1): it is no valid JSON here"},
      {"something behind", good + "{}", "it is no valid JSON here"},
      {"a page of HTML", "<html>\n<body>", "byte 0 (line 1): it is no valid JSON here"},
      {"a record that is no JSON", "{\"bash\":\n{\"CVE-2024-1000\":{\"releases\":{\"trixie\":{\"status\":\"open\",,}}}}}", "byte 65 (line 2): it is no valid JSON here"},
      {"brackets that do not fit", R"({"bash":{"CVE-2024-1000":{"releases":{"trixie":{"status":"open"}]}}})", "it is no valid JSON here"},
      {"no UTF-8", of_release("{\"status\":\"open\",\"nodsa\":\"\xff\"}"), "it is no valid JSON here"},
      {"deep", deep, "it nests deeper than 48"},
      {"a package twice", R"({"bash":{},"bash":{}})", "source package 'bash' stands twice"},
      {"a record twice", R"({"bash":{"CVE-2024-1000":{"releases":{}},"CVE-2024-1000":{"releases":{}}}})", "record 'CVE-2024-1000' of 'bash' stands twice"},
      {"a release twice", R"({"bash":{"CVE-2024-1000":{"releases":{"trixie":{"status":"open"},"trixie":{"status":"open"}}}}})", "byte 25 (line 1): record 'CVE-2024-1000 of bash': in 'releases' the key 'trixie' stands twice"},
      {"a status twice", of_release(R"({"status":"resolved","fixed_version":"0","status":"open"})"), "the key 'status' stands twice"},
      {"no releases", R"({"bash":{"CVE-2024-1000":{"scope":"local"}}})", "byte 25 (line 1): record 'CVE-2024-1000 of bash': 'releases' is missing"},
      {"releases that are a list", R"({"bash":{"CVE-2024-1000":{"releases":[]}}})", "'releases' is no object"},
      {"a record that is a text", R"({"bash":{"CVE-2024-1000":"open"}})", "record 'CVE-2024-1000' of 'bash' is no object"},
      {"a package that is a list", R"({"bash":[]})", "source package 'bash' is no object"},
      {"no status", of_release(R"({"urgency":"low"})"), "'status' is missing"},
      {"a status of the future", of_release(R"({"status":"pending","urgency":"low"})"), "record 'CVE-2024-10041 of bash': release 'trixie': unknown status 'pending'"},
      {"an urgency of the future", of_release(R"({"status":"open","urgency":"dire"})"), "unknown urgency 'dire'"},
      {"resolved where", of_release(R"({"status":"resolved","urgency":"low"})"), "it is resolved and has no 'fixed_version'"},
      {"open and never affected", of_release(R"({"status":"open","fixed_version":"0"})"), "it is open and was never affected"},
      {"a version that is none", of_release(R"({"status":"resolved","fixed_version":"soon, maybe"})"), "'fixed_version' is no version: 'soon, maybe'"},
      {"a version that is a number", of_release(R"({"status":"resolved","fixed_version":5})"), "'fixed_version' is no text"},
      {"a release that nobody asked for is damaged", R"({"bash":{"CVE-2024-1000":{"releases":{"sid":{"status":7}}}}})", "'status' is no text"},
      {"an identifier that is none", R"({"bash":{"CVE-20x4-1":{"releases":{}}}})", "its name is no identifier"},
      {"a package that is none", R"({"ba sh":{"CVE-2024-1000":{"releases":{}}}})", "'ba sh' is no name of a source package"},
      {"a bug that is none", R"({"bash":{"CVE-2024-1000":{"debianbug":"x","releases":{}}}})", "'debianbug' is no number"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    for (const char filler : {'\0', '}', '"'}) {  // what stands behind the document means nothing
      const auto read = collect("debian-tracker", each.text, three_releases(), "tracker.json", filler);
      ASSERT_FALSE(read);
      EXPECT_EQ(read.error().kind, Kind::Corrupt);
      EXPECT_TRUE(read.error().message.starts_with("cannot read feed 'tracker.json': ")) << read.error().message;
      EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
    }
  }
}

TEST(DebianTracker, EveryCutIsRefused) {
  const std::string good = R"({"bash":{"TEMP-0841856-B18BAF":{"releases":{"trixie":{"status":"open","urgency":"low"}}}},"tar":{"CVE-2005-2541":{"releases":{"trixie":{"status":"resolved","fixed_version":"1.2-1"}}}}})";
  ASSERT_TRUE(collect("debian-tracker", good, three_releases()));
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(collect("debian-tracker", good.substr(0, size), three_releases(), "x", '}')) << size;
}

TEST(DebianTracker, NeedsReleases) {
  const auto read = collect("debian-tracker", "{}", {}, "tracker.json");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().message, "cannot read feed 'tracker.json': its description has no 'releases'");
}

TEST(DebianTracker, TheWholeFile) {
  const auto text = shared_text("debian-tracker-derived.json.zst");
  if (!text) GTEST_SKIP() << "there is no '" << shared_path("debian-tracker-derived.json.zst") << "'";
  const auto read = collect("debian-tracker", *text, three_releases());
  ASSERT_TRUE(read) << read.error().message;
  std::set<std::string> packages;
  size_t records = 0;
  for (const Advisory& advisory : read->advisories) {
    for (const Affected& affected : advisory.affected) packages.insert(affected.package);
    records += advisory.affected.size();
  }
  EXPECT_EQ(read->advisories.size(), 8052u);
  EXPECT_EQ(packages.size(), 184u);
  EXPECT_GT(records, read->advisories.size());
  EXPECT_TRUE(read->notes.empty());
  EXPECT_EQ(read->covered, (std::vector<std::string>{"Debian:12", "Debian:13"}));
  EXPECT_TRUE(*read == *collect("debian-tracker", *text, three_releases()));
}

}  // namespace
}  // namespace ashlar::advisory
