#include "scan/judge.h"

#include <gtest/gtest.h>

#include "scan/inner/test_database.h"

namespace ashlar::scan {
namespace {

using advisory::Affected;
using advisory::Grammar;
using advisory::Stance;

Affected debian(Affected affected) {
  affected.space = "Debian:13";
  affected.package = "x";
  affected.grammar = Grammar::Dpkg;
  return affected;
}

TEST(Judge, ByVersions) {
  struct Row { std::string_view summary, version; Affected affected; Outcome outcome; std::string_view fixed_in, last_step; };
  const Row rows[] = {
      {"older than the fix", "1.0-1", {.intervals = {{.fixed = "1.0-2"}}}, Outcome::Affected, "1.0-2", "1.0-1 < 1.0-2 (fixed, dpkg)"},
      {"the fix itself", "1.0-2", {.intervals = {{.fixed = "1.0-2"}}}, Outcome::NotAffected, "", "1.0-2 = 1.0-2 (fixed, dpkg)"},
      {"newer than the fix", "1:0.5-1", {.intervals = {{.fixed = "1.0-2"}}}, Outcome::NotAffected, "", "1:0.5-1 > 1.0-2 (fixed, dpkg)"},
      {"an epoch that the fix lacks is no zero", "1.0-1", {.intervals = {{.fixed = "1:0.1-1"}}}, Outcome::Affected, "1:0.1-1", "1.0-1 < 1:0.1-1 (fixed, dpkg)"},
      {"no fix", "9-1", {.intervals = {{}}}, Outcome::Affected, "", "no version is named that ends it"},
      {"before it was introduced", "1.0-1", {.intervals = {{.introduced = "2.0"}}}, Outcome::NotAffected, "", "1.0-1 < 2.0 (introduced, dpkg)"},
      {"introduced at zero is from the first", "1.0-1", {.intervals = {{.introduced = "0", .fixed = "2.0"}}}, Outcome::Affected, "2.0", "1.0-1 < 2.0 (fixed, dpkg)"},
      {"the last affected version is affected", "1.5", {.intervals = {{.introduced = "1.0", .last_affected = "1.5"}}}, Outcome::Affected, "", "1.5 = 1.5 (last affected, dpkg)"},
      {"in the second interval", "3.1", {.intervals = {{.fixed = "1.0"}, {.introduced = "3.0", .fixed = "3.2"}}}, Outcome::Affected, "3.2", "3.1 < 3.2 (fixed, dpkg)"},
      {"between two intervals", "2.0", {.intervals = {{.fixed = "1.0"}, {.introduced = "3.0", .fixed = "3.2"}}}, Outcome::NotAffected, "", "2.0 < 3.0 (introduced, dpkg)"},
      {"named one by one", "1.1", {.versions = {"1.0", "1.1"}}, Outcome::Affected, "", "1.1 is one of the 2 versions that are named"},
      {"none of those named", "1.2", {.versions = {"1.0", "1.1"}}, Outcome::NotAffected, "", "1.2 is none of the 2 versions that are named"},
      {"one of those named, written in another way", "0:1.1", {.versions = {"1.0", "1.1"}}, Outcome::Affected, "", "0:1.1 = 1.1 (one of those that are named, dpkg)"},
      {"a version that is none, and others are named", "one two", {.versions = {"1.0"}}, Outcome::CannotSay, "", "one two is no version (dpkg) that could be held against those that are named"},
      {"never affected", "1.0", {.stance = Stance::NotAffected, .remark = "fixed before the release"}, Outcome::NotAffected, "", "'feed' says that no version of 'x' in 'Debian:13' is affected: fixed before the release"},
      {"not determined", "1.0", {.stance = Stance::Undetermined, .intervals = {{}}}, Outcome::Undetermined, "", "'feed' has not determined whether it is affected"},
      {"not determined, and no version is named", "1.0", {.stance = Stance::Undetermined}, Outcome::Undetermined, "", "'feed' has not determined whether it is affected"},
      {"not determined of other versions", "2.0", {.stance = Stance::Undetermined, .intervals = {{.fixed = "1.0"}}}, Outcome::NotAffected, "", "2.0 > 1.0 (fixed, dpkg)"},
      {"a version that is none", "one two", {.intervals = {{.fixed = "1.0"}}}, Outcome::CannotSay, "", ""},
  };
  for (const Row& row : rows) {
    TestDatabase database;
    database.add("feed", {.id = "CVE-2026-0001", .affected = {debian(row.affected)}});
    const auto judgements = judge(database, {"Debian:13", "x", std::string(row.version), {}}, {}, Depth::Everything).value();
    ASSERT_EQ(judgements.size(), 1U) << row.summary;
    EXPECT_EQ(to_string(judgements[0].outcome), to_string(row.outcome)) << row.summary;
    EXPECT_EQ(judgements[0].fixed_in, row.fixed_in) << row.summary;
    ASSERT_FALSE(judgements[0].steps.empty()) << row.summary;
    EXPECT_TRUE(row.last_step.empty() || judgements[0].steps.back().text == row.last_step) << row.summary << ": " << judgements[0].steps.back().text;
    EXPECT_EQ(judge(database, {"Debian:13", "x", std::string(row.version), {}}, {}, Depth::Findings).value().empty(), row.outcome == Outcome::NotAffected) << row.summary;
  }
}

TEST(Judge, FunctionsThatAreNotLinkedInDoNotAffect) {
  TestDatabase database;
  database.add("feed", {.id = "GO-2026-0001", .affected = {debian({.intervals = {{}}, .symbols = {"a/b.F", "a/b.T.M"}})}});
  const Place place{"Debian:13", "x", "1.0", {}};
  const struct { std::string_view summary; std::vector<std::string> linked; Outcome outcome; } rows[] = {
      {"one of them is", {"a/b.G", "a/b.T.M"}, Outcome::Affected},
      {"others of the package are: an inlined one would leave no name", {"a/b.G", "a/b.H"}, Outcome::Undetermined},
      {"nothing of the package is", {"a/bc.F", "a/c.F", "b.F"}, Outcome::NotAffected},
      {"nothing is known of what is", {}, Outcome::Affected},
  };
  for (const auto& row : rows) EXPECT_EQ(to_string(judge(database, place, row.linked, Depth::Everything).value()[0].outcome), to_string(row.outcome)) << row.summary;
  TestDatabase whole;
  whole.add("feed", {.id = "GO-2026-0002", .affected = {debian({.intervals = {{}}, .symbols = {"a/yaml.v2.*"}})}});
  for (const auto& [linked, outcome] : {std::pair("a/yaml.v2.F", Outcome::Affected), {"a/yaml.v20.F", Outcome::NotAffected}, {"a/yaml.v2/b.F", Outcome::NotAffected}})
    EXPECT_EQ(to_string(judge(whole, place, {linked}, Depth::Everything).value()[0].outcome), to_string(outcome)) << linked << ": all functions of a package";
}

TEST(Judge, AWithdrawnAdvisoryAffectsNobody) {
  TestDatabase database;
  database.add("feed", {.id = "CVE-2026-0001", .withdrawn = Time{86400}, .affected = {debian({.intervals = {{}}})}});
  const auto judgements = judge(database, {"Debian:13", "x", "1.0", {}}, {}, Depth::Findings).value();
  EXPECT_EQ(judgements[0].outcome, Outcome::Withdrawn);
  EXPECT_EQ(judgements[0].steps.back().text, "its publisher withdrew it on 1970-01-02");
}

}  // namespace
}  // namespace ashlar::scan
