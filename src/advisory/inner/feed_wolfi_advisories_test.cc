#include <gtest/gtest.h>

#include "advisory/inner/collected.h"
#include "advisory/inner/shared_data.h"

namespace ashlar::advisory {
namespace {

const std::string head = "schema-version: 2.0.2\n\npackage:\n  name: age\n\nadvisories:\n";

std::string advisory(const std::string& events, const std::string& id = "CGA-2h26-rh8h-r2vp") {
  return "  - id: " + id + "\n    aliases:\n      - CVE-2025-22871\n      - GHSA-g9pc-8g42-g6vq\n    events:\n" + events;
}
std::string event(const std::string& time, const std::string& type, const std::string& data = "") {
  return "      - timestamp: " + time + "\n        type: " + type + "\n" + (data.empty() ? "" : "        data:\n          " + data + "\n");
}

TEST(WolfiAdvisories, WhatAnAdvisorySays) {
  // age.advisories.yaml, shortened.
  const auto read = collect("wolfi-advisories", head + advisory("      - timestamp: 2025-04-10T07:05:57Z\n        type: detection\n        data:\n          type: scan/v1\n          data:\n            subpackageName: age\n"
                                                                "            componentVersion: go1.24.1\n" + event("2025-04-10T08:18:45Z", "fixed", "fixed-version: 1.2.1-r4")));
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->advisories.size(), 1u);
  const Advisory& found = read->advisories[0];
  EXPECT_EQ(found.id, "CGA-2h26-rh8h-r2vp");
  EXPECT_EQ(found.aliases, (std::vector<std::string>{"CVE-2025-22871", "GHSA-g9pc-8g42-g6vq"}));
  EXPECT_EQ(found.published, Time::parse("2025-04-10T07:05:57Z").value());
  EXPECT_EQ(found.modified, Time::parse("2025-04-10T08:18:45Z").value());
  EXPECT_EQ(found.affected, (std::vector<Affected>{{"Wolfi", "age", Grammar::Apk, Stance::Affected, {{"", "1.2.1-r4", ""}}, {}, "", "", {}}}));
  EXPECT_EQ(read->covered, std::vector<std::string>{"Wolfi"});
  EXPECT_EQ(read->dates, std::vector<Time>{*found.modified});
}

TEST(WolfiAdvisories, TheNewestEventRules) {
  const std::string fixed = event("2024-01-02T00:00:00Z", "fixed", "fixed-version: 1.0-r1");
  const std::vector<Interval> all = {{"", "", ""}};
  struct {
    const char* summary;
    std::string events;
    Stance stance;
    std::vector<Interval> intervals;
    const char* remark;
  } const cases[] = {
      {"detected", event("2024-01-01T00:00:00Z", "detection", "type: manual"), Stance::Undetermined, {}, "detected, not yet judged"},
      {"confirmed", event("2024-01-01T00:00:00Z", "true-positive-determination", "note: It is real."), Stance::Affected, all, "confirmed: It is real."},
      {"confirmed without a word", event("2024-01-01T00:00:00Z", "true-positive-determination"), Stance::Affected, all, "confirmed"},
      {"false", event("2024-01-01T00:00:00Z", "false-positive-determination", "type: vulnerable-code-not-included-in-package\n          note: Only on Windows"), Stance::NotAffected, {}, "vulnerable-code-not-included-in-package: Only on Windows"},
      {"no fix planned", event("2024-01-01T00:00:00Z", "fix-not-planned", "note: disputed\\nby upstream"), Stance::Affected, all, "fix not planned: disputed\\nby upstream"},
      {"waits for upstream", event("2024-01-01T00:00:00Z", "pending-upstream-fix", "note: \"needs\\na release\""), Stance::Affected, all, "pending upstream fix: needs"},
      {"no analysis planned", event("2024-01-01T00:00:00Z", "analysis-not-planned", "note: old"), Stance::Undetermined, {}, "analysis not planned: old"},
      {"fixed in version 0: never affected", event("2024-01-01T00:00:00Z", "fixed", "fixed-version: \"0\""), Stance::NotAffected, {}, ""},
      {"fixed, then found false", fixed + event("2024-02-01T00:00:00Z", "false-positive-determination", "type: component-vulnerability-mismatch"), Stance::NotAffected, {}, "component-vulnerability-mismatch"},
      {"found false, then fixed", event("2024-01-01T00:00:00Z", "false-positive-determination", "type: component-vulnerability-mismatch") + fixed, Stance::Affected, {{"", "1.0-r1", ""}}, ""},
      {"unsorted", fixed + event("2024-01-01T00:00:00Z", "true-positive-determination"), Stance::Affected, {{"", "1.0-r1", ""}}, ""},
      {"fixed once more", event("2024-03-01T00:00:00Z", "fixed", "fixed-version: 1.1-r0") + fixed, Stance::Affected, {{"", "1.1-r0", ""}}, ""},
      {"detected again after the fix", fixed + event("2024-03-01T00:00:00Z", "detection", "type: manual"), Stance::Undetermined, {}, "detected, not yet judged"},
      {"at the same moment the later in the list", event("2024-01-02T00:00:00Z", "true-positive-determination") + fixed, Stance::Affected, {{"", "1.0-r1", ""}}, ""},
      {"at the same moment, the other way round", fixed + event("2024-01-02T00:00:00Z", "detection", "type: manual"), Stance::Undetermined, {}, "detected, not yet judged"},
      {"offsets of time zones count", fixed + event("2024-01-02T02:00:00+03:00", "true-positive-determination"), Stance::Affected, {{"", "1.0-r1", ""}}, ""},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("wolfi-advisories", head + advisory(each.events));
    ASSERT_TRUE(read) << read.error().message;
    const Affected& affected = read->advisories.at(0).affected.at(0);
    EXPECT_EQ(affected.stance, each.stance);
    EXPECT_EQ(affected.intervals, each.intervals);
    EXPECT_EQ(affected.remark, each.remark);
  }
}

TEST(WolfiAdvisories, Spaces) {
  FeedSettings settings;
  settings.space = "Chainguard";
  EXPECT_EQ(collect("wolfi-advisories", "schema-version: \"2\"\npackage: {name: x}\nadvisories: []\n", settings)->covered, std::vector<std::string>{"Chainguard"});
}

TEST(WolfiAdvisories, IsRefusedWhole) {
  FeedSettings settings;
  settings.not_after = Time::parse("2025-01-01").value();
  const std::string good = event("2024-01-02T00:00:00Z", "fixed", "fixed-version: 1.0-r1");
  struct {
    const char* summary;
    std::string text;
    const char* cause;
  } const cases[] = {
      {"nothing", "", "it is empty"},
      {"no YAML", "schema-version: [", "cannot read feed 'age.yaml': "},
      {"no UTF-8", "a: \xff\n", "it is no UTF-8"},
      {"a list", "- a\n", "line 1: a mapping is expected here"},
      {"no schema", "package: {name: x}\n", "'schema-version' is missing"},
      {"a schema of the future", "schema-version: 3.0.0\npackage: {name: x}\nadvisories: []\n", "schema version '3.0.0' is not 2"},
      {"no package", "schema-version: 2\nadvisories: []\n", "'package' is missing"},
      {"no advisories", "schema-version: 2\npackage: {name: x}\n", "'advisories' is missing"},
      {"advisories that are a text", "schema-version: 2\npackage: {name: x}\nadvisories: none\n", "'advisories' is no list"},
      {"no events", head + "  - id: CGA-1\n", "line 7: record 'CGA-1 of age': 'events' is no list of events"},
      {"no event", head + "  - id: CGA-1\n    events: []\n", "'events' is no list of events"},
      {"no identifier", head + "  - aliases: [CVE-2024-1000]\n    events: []\n", "'id' is missing"},
      {"an alias that is none", head + "  - id: CGA-1\n    aliases: [CVE-20]\n    events: []\n", "line 8: record 'CGA-1 of age': an alias is no identifier"},
      {"twice", head + advisory(good) + advisory(good), "record 'CGA-2h26-rh8h-r2vp of age': it stands twice"},
      {"a key twice", head + "  - id: CGA-1\n    id: CGA-2\n", "cannot read feed 'age.yaml': "},
      {"a time that is none", head + advisory(event("yesterday", "fixed", "fixed-version: 1")), "line 12: record 'CGA-2h26-rh8h-r2vp of age': 'timestamp' is no time: 'yesterday'"},
      {"a time to come", head + advisory(event("2025-02-02T00:00:00Z", "fixed", "fixed-version: 1")), "it is dated 2025-02-02T00:00:00Z, which is later than now"},
      {"an event of the future", head + advisory(event("2024-01-01T00:00:00Z", "exorcised")), "unknown type of an event 'exorcised'"},
      {"an event of the future that a newer has overtaken", head + advisory(event("2023-01-01T00:00:00Z", "exorcised") + good), "unknown type of an event 'exorcised'"},
      {"fixed in nothing", head + advisory(event("2024-01-01T00:00:00Z", "fixed")), "a 'fixed' event has no 'data'"},
      {"fixed in no version", head + advisory(event("2024-01-01T00:00:00Z", "fixed", "note: done")), "'fixed-version' is missing"},
      {"fixed in words", head + advisory(event("2024-01-01T00:00:00Z", "fixed", "fixed-version: the next one")), "'the next one' is no version"},
      {"false without a type", head + advisory(event("2024-01-01T00:00:00Z", "false-positive-determination", "note: no")), "'type' is missing"},
      {"deep", "schema-version: 2\nx: " + std::string(40, '[') + std::string(40, ']') + "\n", "cannot read feed 'age.yaml': "},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("wolfi-advisories", each.text, settings, "age.yaml", ']');
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
  }
}

TEST(WolfiAdvisories, TheWholeArchive) {
  const auto files = shared_members("wolfi.tar.zst", ".advisories.yaml");
  if (files.empty()) GTEST_SKIP() << "there is no '" << shared_path("wolfi.tar.zst") << "'";
  size_t advisories = 0, fixed = 0, undetermined = 0, never = 0;
  for (const auto& [path, text] : files) {
    const auto read = collect("wolfi-advisories", text, {}, path);
    ASSERT_TRUE(read) << read.error().message;
    advisories += read->advisories.size();
    for (const Advisory& each : read->advisories) {
      const Affected& affected = each.affected.at(0);
      fixed += affected.intervals.size() == 1 && !affected.intervals[0].fixed.empty() ? 1 : 0;
      undetermined += affected.stance == Stance::Undetermined ? 1 : 0;
      never += affected.stance == Stance::NotAffected ? 1 : 0;
    }
  }
  EXPECT_EQ(files.size(), 1614u);
  EXPECT_EQ(advisories, 29999u);
  EXPECT_EQ(fixed, 21901u);
  EXPECT_EQ(never, 2779u);
  EXPECT_EQ(undetermined, 3951u);
}

}  // namespace
}  // namespace ashlar::advisory
