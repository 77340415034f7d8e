// What feeds and records do not tell, and what a scan says then.
#include <gtest/gtest.h>

#include <functional>

#include "scan/inner/test_scene.h"

namespace ashlar::scan {
namespace {

using advisory::Grammar;

/// As of unstable on a stable release: it is newer than what the release's advisories call fixed, and has what was found since.
TEST(Gaps, APackageOfAnotherReleaseIsNotJudgedByThisOnes) {
  struct Row { std::string_view summary, version, verdict; };
  const Row rows[] = {
      {"the release's own", "1.22-9+deb13u1", "clean"},
      {"the other's, to the letter", "1.26-3", "unknown"},
      {"newer than both", "1.26-4", "clean"},
      {"the other's older one", "1.22-9", "clean"},
  };
  for (const Row& row : rows) {
    Scene scene;
    scene.subject.components[0].version = row.version;
    scene.database.cover("tracker", "Debian:14").cover("tracker", "Debian:12");
    scene.database.newest_of = {{"Debian:12", "tool", "1.22-9"}, {"Debian:13", "tool", "1.22-9+deb13u1"}, {"Debian:14", "tool", "1.26-3"}};
    const Report report = scan(scene.subject, scene.database, scene.options).value();
    EXPECT_EQ(to_string(report.verdict), row.verdict) << row.summary;
    EXPECT_EQ(report.causes.empty() ? "" : report.causes.front(), row.verdict == "clean" ? "" : "'tool' 1.26-3 was not judged: it is newer than any 'tool' of 'Debian:13' that feed 'tracker' knows, and is that of 'Debian:14': the advisories of one release do not judge a package of another") << row.summary;
  }
}

/// Jars that Gradle makes have no pom.properties, and most manifests name no group.
TEST(Gaps, AnArtifactWithoutAGroupIsNotPassedOver) {
  struct Row { std::string_view summary, version; std::vector<std::string> groups; std::string_view verdict, cause, name = "core"; };
  const Row rows[] = {
      {"a document that names it twice", "1.0", {"org.a:core"}, "affected", "", "core:core"},
      {"one that is called like its group", "1.0", {"org.a:core", "core:core"}, "affected", "", "core:core"},
      {"no feed speaks of such an artifact", "1.0", {}, "clean", ""},
      {"one group has it", "1.0", {"org.a:core"}, "affected", ""},
      {"one group has it, and the fix is in", "2.0", {"org.a:core"}, "clean", ""},
      {"an artifact that ends alike", "1.0", {"org.a:more-core"}, "clean", ""},
      {"two groups have it", "1.0", {"org.a:core", "org.b:core"}, "unknown", "'core' 1.0 was not judged: nothing tells its group, and feeds speak of 'org.a:core', 'org.b:core'"},
      {"two groups have it, and neither is affected", "2.0", {"org.a:core", "org.b:core"}, "clean", ""},
  };
  for (const Row& row : rows) {
    Scene scene;
    scene.database.cover("maven", "Maven");
    for (const std::string& each : row.groups) scene.database.add("maven", {.id = "GHSA-" + each.substr(0, each.find(':')), .affected = {{.space = "Maven", .package = each, .grammar = Grammar::Maven, .intervals = {{.fixed = "2.0"}}}}});
    scene.subject.components.push_back({.type = "maven", .name = std::string(row.name), .version = std::string(row.version), .found_by = "java", .path = "app/core.jar", .remark = "by its manifest, which names no group"});
    const Report report = scan(scene.subject, scene.database, scene.options).value();
    EXPECT_EQ(to_string(report.verdict), row.verdict) << row.summary;
    EXPECT_EQ(report.causes.empty() ? "" : report.causes.front(), row.cause) << row.summary;
    EXPECT_EQ(report.findings.size(), row.verdict == "affected" ? 1U : 0U) << row.summary;
    if (row.name != "core") continue;
    EXPECT_EQ(report.doubts, std::vector<std::string>{row.verdict == "unknown" ? "1 package is in no space: nothing tells its group, and feeds speak of 'org.a:core', 'org.b:core'" : "1 package is in no space: nothing tells the group of this artifact"}) << row.summary << ": an advisory to come may be about it";
    if (!report.findings.empty()) {
      EXPECT_EQ(report.findings[0].proof.at(2).text, "nothing tells its group: taken for 'org.a:core', the one artifact of that name that feeds know");
    }
  }
}

/// What a feed says of packages in a space that none is complete for is told, and is not all.
TEST(Gaps, WhatIsSaidOfASpaceThatNoFeedCoversCounts) {
  Scene scene;
  scene.database.add("osv", {.id = "GHSA-pad", .affected = {{.space = "npm", .package = "pad", .grammar = Grammar::Semver, .intervals = {{.fixed = "2.0.0"}}}}}).uncover("osv", "npm");
  scene.subject.components.push_back({.type = "npm", .name = "pad", .version = "1.0.0", .found_by = "npm", .path = "app/node_modules/pad/package.json"});
  const Report report = scan(scene.subject, scene.database, scene.options).value();
  ASSERT_EQ(report.findings.size(), 1U);
  EXPECT_EQ(report.findings[0].id, "GHSA-pad");
  EXPECT_EQ(to_string(report.verdict), "unknown");
  EXPECT_EQ(report.causes, std::vector<std::string>{"'pad' 1.0.0 was not judged: no feed covers 'npm'"});
  EXPECT_EQ(report.coverage.judged, 1U);
}

/// What the feeds at hand cannot know of a space is said, in whichever verdict.
TEST(Gaps, WhatFeedsCannotKnowIsNoted) {
  constexpr const char* end = "until when 'Debian:13' is supported no feed says: whether somebody still looks for its vulnerabilities is not known";
  constexpr const char* fixes = "feed 'tracker' knows of 'Debian:13' what was fixed, and nothing of what is not fixed yet";
  struct Row { std::string_view summary; std::function<void(Scene&)> change; std::vector<std::string> notes; };
  const Row rows[] = {
      {"all is known", [](Scene&) {}, {}},
      {"no end of support", [](Scene& s) { s.database.supports.clear(); }, {end}},
      {"that of single packages alone", [](Scene& s) { s.database.supports = {{"Debian:13", "other", Time{2'000'000}, {}}}; }, {end}},
      {"a distribution that rolls", [](Scene& s) { s.database.supports.clear(), s.database.cover("wolfi", "Wolfi"), s.contents.texts["etc/os-release"] = "ID=wolfi\n", s.subject.components[0].type = "apk", s.subject.components[0].version = "1.0-r0"; }, {}},
      {"fixes alone", [](Scene& s) { s.database.format("tracker", "secdb"); }, {fixes}},
      {"another feed beside them", [](Scene& s) { s.database.format("tracker", "secdb").cover("osv", "Debian:13"); }, {}},
      {"fixes of what is not here", [](Scene& s) { s.database.cover("alpine", "Alpine:v3.20").format("alpine", "secdb"); }, {}},
  };
  for (const Row& row : rows) {
    Scene scene;
    row.change(scene);
    const Report report = scan(scene.subject, scene.database, scene.options).value();
    EXPECT_EQ(report.notes, row.notes) << row.summary;
    EXPECT_EQ(to_string(report.verdict), "clean") << row.summary << (report.causes.empty() ? "" : report.causes.front());
  }
}

}  // namespace
}  // namespace ashlar::scan
