#include <gtest/gtest.h>

#include "advisory/inner/collected.h"
#include "advisory/inner/shared_data.h"

namespace ashlar::advisory {
namespace {

/// A record that says `affected`, the rest as it must be.
std::string of_affected(const std::string& affected) { return R"({"id":"CVE-2024-1000","modified":"2024-06-01T00:00:00Z","affected":[)" + affected + "]}"; }
std::string debian(const std::string& rest) { return R"({"package":{"ecosystem":"Debian:13","name":"bash"})" + rest + "}"; }

TEST(Osv, WhatARecordSays) {
  // After GHSA-3hg7-cfr8-j2gf, its ranges shortened.
  const auto read = collect("osv", R"({"schema_version":"1.6.0","id":"GHSA-3hg7-cfr8-j2gf","modified":"2024-06-01T10:00:00.5Z","published":"2023-01-05T00:00:00Z","withdrawn":"2024-06-01T00:00:00Z",
    "aliases":["CVE-2022-4967","GHSA-3hg7-cfr8-j2gf"],"upstream":["CVE-2022-4968","CVE-2022-4967"],"related":["CVE-2011-0001"],"details":"\n  Improper   access\ncontrol in it",
    "severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},{"type":"CVSS_V4","score":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"}],
    "database_specific":{"severity":"MODERATE","cwe_ids":["CWE-284"]},"references":[{"type":"WEB","url":"https://example.org/a"},{"type":"FIX","url":"https://example.org/b"}],
    "affected":[{"package":{"ecosystem":"Debian:13","name":"bash","purl":"pkg:deb/debian/bash"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"5.2-1"}]},
       {"type":"GIT","repo":"https://example.org/x","events":[{"introduced":"0"},{"limit":"deadbeef"}]}],"versions":["5.1-1","5.1-2"]}],"credits":[{"name":"x"}],"new":{"a":[1,2]}})");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->advisories.size(), 1u);
  const Advisory& advisory = read->advisories[0];
  EXPECT_EQ(advisory.id, "GHSA-3hg7-cfr8-j2gf");
  EXPECT_EQ(advisory.aliases, (std::vector<std::string>{"CVE-2022-4967", "CVE-2022-4968"})) << "what is related is no alias";
  EXPECT_EQ(advisory.summary, "Improper access");
  EXPECT_EQ(advisory.modified, Time::parse("2024-06-01T10:00:00Z").value());
  EXPECT_EQ(advisory.published, Time::parse("2023-01-05").value());
  EXPECT_EQ(advisory.withdrawn, Time::parse("2024-06-01").value());
  EXPECT_EQ(advisory.references, (std::vector<std::string>{"https://example.org/a", "https://example.org/b"}));
  EXPECT_EQ(advisory.ratings, (std::vector<Rating>{{Severity::High, "GitHub", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"},
                                                   {Severity::Critical, "GitHub", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"},
                                                   {Severity::Medium, "GitHub", ""}}));
  ASSERT_EQ(advisory.affected.size(), 1u);
  EXPECT_EQ(advisory.affected[0], (Affected{"Debian:13", "bash", Grammar::Dpkg, Stance::Affected, {{"", "5.2-1", ""}}, {"5.1-1", "5.1-2"}, "", "", {}}));
  EXPECT_EQ(read->dates, std::vector<Time>{Time::parse("2024-06-01T10:00:00Z").value()});
  EXPECT_TRUE(read->notes.empty());
}

TEST(Osv, Affected) {
  struct {
    const char* summary;
    std::string affected;
    Stance stance;
    std::vector<Interval> intervals;
    std::vector<std::string> versions;
  } const cases[] = {
      {"several ranges add up", debian(R"(,"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1"}]},{"type":"SEMVER","events":[{"introduced":"2"}]}])"), Stance::Affected, {{"", "1", ""}, {"2", "", ""}}, {}},
      {"versions alone", debian(R"(,"versions":["1","2"])"), Stance::Affected, {}, {"1", "2"}},
      {"versions and a range without events, as DHI's spark CVE-2019-10172 has it", debian(R"(,"ranges":[{"type":"SEMVER","events":[]}],"versions":["3.0.1"])"), Stance::Affected, {}, {"3.0.1"}},
      {"a range without events, as DHI's redis GHSA-2r7g-8hpc-rpq9 has it", debian(R"(,"ranges":[{"type":"SEMVER","events":[]}])"), Stance::Undetermined, {}, {}},
      {"neither range nor version, as DHI's aspnetcore CVE-2021-31957 has it", debian(""), Stance::Undetermined, {}, {}},
      {"commits alone", debian(R"(,"ranges":[{"type":"GIT","repo":"x","events":[{"introduced":"0"},{"fixed":"abc"}]}])"), Stance::Undetermined, {}, {}},
      {"null counts as absent", debian(R"(,"ranges":null,"versions":["1"],"severity":null,"ecosystem_specific":null,"database_specific":null)"), Stance::Affected, {}, {"1"}},
      {"cut off by its limit", debian(R"(,"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"3"},{"limit":"2"}]}])"), Stance::NotAffected, {}, {}},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("osv", of_affected(each.affected));
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(read->advisories.at(0).affected.size(), 1u);
    const Affected& affected = read->advisories[0].affected[0];
    EXPECT_EQ(affected.stance, each.stance);
    EXPECT_EQ(affected.intervals, each.intervals);
    EXPECT_EQ(affected.versions, each.versions);
    EXPECT_EQ(read->notes.contains("packages of which no version is said to be affected"), each.stance == Stance::Undetermined);
  }
}

/// PyPI's records name packages of npm where these have the same flaw: that says nothing of all the others of npm.
TEST(Osv, SpeaksForItsOwnEcosystemAlone) {
  struct {
    const char *summary, *space;
    std::vector<std::string> covered;
  } const cases[] = {
      {"of PyPI", "PyPI", {"PyPI"}},
      {"of a distribution, in its releases", "Alpaquita", {"Alpaquita:23", "Alpaquita:stream"}},
      {"of another that begins alike", "Alp", {}},
      {"of none", "", {}},
      {"of one that it does not name", "Maven", {}},
  };
  const auto named = [](const std::string& space) { return R"({"package":{"ecosystem":")" + space + R"(","name":"x"},"versions":["1"]})"; };
  for (const auto& each : cases) {
    FeedSettings settings;
    settings.space = each.space;
    const auto read = collect("osv", of_affected(named("PyPI") + "," + named("npm") + "," + named("Alpaquita:23") + "," + named("Alpaquita:stream")), settings);
    ASSERT_TRUE(read) << each.summary << read.error().message;
    EXPECT_EQ(read->covered, each.covered) << each.summary;
    EXPECT_EQ(read->advisories.at(0).affected.size(), 4U) << each.summary << ": what it says of others counts all the same";
  }
}

TEST(Osv, WhatIsLeftOutIsTold) {
  struct {
    const char* summary;
    std::string text;
    const char* note;
    size_t affected;
  } const cases[] = {
      {"an ecosystem of another world", of_affected(R"({"package":{"ecosystem":"Nowhere OS:8","name":"x"},"versions":["1"]},)" + debian(R"(,"versions":["1"])")), "packages of the ecosystem 'Nowhere OS', whose version grammar is not known", 1},
      {"no package", of_affected(R"({"ranges":[{"type":"GIT","repo":"x","events":[{"introduced":"0"}]}]})"), "ranges of commits without a package", 0},
      {"nothing is affected, as in DHI's CVE-2022-23498", of_affected(""), "records that name no package whose versions can be compared", 0},
      {"a version that is none", of_affected(debian(R"(,"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"a b"}]}])")), "ranges of 'Debian:13' with a version that is none", 1},
      {"a vector that is none", R"({"id":"X-1","modified":"2024-06-01T00:00:00Z","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N"}],"affected":[)" + debian(R"(,"versions":["1"])") + "]}", "vectors of CVSS that are none", 1},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("osv", each.text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->notes.contains(each.note));
    ASSERT_EQ(read->advisories.size(), 1u);
    EXPECT_EQ(read->advisories[0].affected.size(), each.affected);
  }
}

TEST(Osv, WhoSaysSo) {
  FeedSettings settings;
  settings.publisher = "Docker";
  const std::string rest = R"(","modified":"2024-06-01T00:00:00Z","severity":[{"type":"Ubuntu","score":"medium"}],"affected":[)" + debian(R"(,"versions":["1"],"database_specific":{"severity":"high"},"severity":[{"type":"CVSS_V2","score":"AV:N/AC:L/Au:N/C:N/I:N/A:C"}])") + "]}";
  const auto docker = collect("osv", R"({"id":"CVE-2024-1000)" + rest, settings);
  ASSERT_TRUE(docker) << docker.error().message;
  EXPECT_EQ(docker->advisories[0].ratings, (std::vector<Rating>{{Severity::Medium, "Ubuntu", ""}, {Severity::High, "Docker", "AV:N/AC:L/Au:N/C:N/I:N/A:C"}, {Severity::High, "Docker", ""}}));
  const auto go = collect("osv", R"({"id":"GO-2024-1000)" + rest, settings);
  EXPECT_EQ(go->advisories[0].ratings[1].by, "Go") << "an identifier tells whose record it is";
  const auto unknown = collect("osv", R"({"id":"CVE-2024-1000","modified":"2024-06-01T00:00:00Z","affected":[)" + debian(R"(,"database_specific":{"severity":"unknown"})") + "]}", settings);
  EXPECT_TRUE(unknown->advisories[0].ratings.empty());
}

TEST(Osv, IsRefusedWhole) {
  FeedSettings settings;
  settings.not_after = Time::parse("2024-07-01T00:00:00Z").value();
  struct {
    const char* summary;
    std::string text;
    const char* cause;
  } const cases[] = {
      {"nothing", "", "it is no valid JSON here"},
      {"cut short", of_affected(debian("")).substr(0, 90), "byte 90 (line 1): it is no valid JSON here"},
      {"deep within", R"({"id":"X-1","x":)" + std::string(3000, '[') + std::string(3000, ']') + "}", "it nests deeper than 48"},
      {"a list", "[]", "the record is no object"},
      {"no id", R"({"modified":"2024-06-01T00:00:00Z"})", "'id' is missing"},
      {"an id that is none", R"({"id":"CVE-X","modified":"2024-06-01T00:00:00Z"})", "'id' is no identifier: 'CVE-X'"},
      {"an id twice", R"({"id":"X-1","id":"X-2","modified":"2024-06-01T00:00:00Z"})", "the key 'id' stands twice"},
      {"no date", R"({"id":"X-1"})", "record 'X-1': 'modified' is missing"},
      {"a date that is none", R"({"id":"X-1","modified":"yesterday"})", "record 'X-1': 'modified' is no time: 'yesterday'"},
      {"a date to come", R"({"id":"X-1","modified":"2024-07-03T00:00:00Z"})", "record 'X-1': it is dated 2024-07-03T00:00:00Z, which is later than now"},
      {"an alias that is a number", R"({"id":"X-1","modified":"2024-06-01T00:00:00Z","aliases":[1]})", "an element of 'aliases' is no text"},
      {"an alias that is none", R"({"id":"X-1","modified":"2024-06-01T00:00:00Z","aliases":["a b"]})", "'aliases' has 'a b', which is no identifier"},
      {"affected is a text", R"({"id":"X-1","modified":"2024-06-01T00:00:00Z","affected":"all"})", "'affected' is no list"},
      {"no name", of_affected(R"({"package":{"ecosystem":"Go"}})"), "record 'CVE-2024-1000': 'name' is missing"},
      {"no ecosystem", of_affected(R"({"package":{"name":"x"}})"), "'ecosystem' is missing"},
      {"two events in one", of_affected(debian(R"(,"ranges":[{"type":"SEMVER","events":[{"introduced":"0","fixed":"1"}]}])")), "an event is none of introduced"},
      {"an event of the future", of_affected(debian(R"(,"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"paused":"1"}]}])")), "an event is none of introduced"},
      {"an event without a version", of_affected(debian(R"(,"ranges":[{"type":"SEMVER","events":[{"introduced":""}]}])")), "'introduced' is empty"},
      {"an event that is a number", of_affected(debian(R"(,"ranges":[{"type":"SEMVER","events":[{"introduced":0}]}])")), "'introduced' is no text"},
      {"nothing introduced", of_affected(debian(R"(,"ranges":[{"type":"SEMVER","events":[{"fixed":"1"}]}])")), "a range has no event 'introduced'"},
      {"a range of the future", of_affected(debian(R"(,"ranges":[{"type":"CALENDAR","events":[{"introduced":"0"}]}])")), "unknown type of a range 'CALENDAR'"},
      {"a fault in an ecosystem that is not known", of_affected(R"({"package":{"ecosystem":"Nowhere","name":"x"},"versions":[7]})"), "an element of 'versions' is no text"},
      {"a severity without a score", R"({"id":"X-1","modified":"2024-06-01T00:00:00Z","severity":[{"type":"CVSS_V3"}]})", "'score' is missing"},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("osv", each.text, settings, "X-1.json", '"');
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, Kind::Corrupt);
    EXPECT_TRUE(read.error().message.starts_with("cannot read feed 'X-1.json': ")) << read.error().message;
    EXPECT_NE(read.error().message.find(each.cause), std::string::npos) << read.error().message;
  }
}

TEST(Osv, EcosystemsAreSpaces) {
  struct {
    const char* summary;
    const char* ecosystem;
    Grammar grammar;
  } const cases[] = {
      {"DHI's own", "DHI", Grammar::Semver},
      {"a release stays in the name", "Alpaquita:stream", Grammar::Apk},
      {"blanks, too", "BellSoft Hardened Containers:23", Grammar::Apk},
      {"the Go of OSV", "Go", Grammar::Go},
      {"Python", "PyPI", Grammar::Pep440},
      {"Maven", "Maven", Grammar::Maven},
      {"a version with a v", "Alpine:v3.20", Grammar::Apk},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.summary);
    const auto read = collect("osv", of_affected(std::string(R"({"package":{"ecosystem":")") + each.ecosystem + R"(","name":"x"},"ranges":[{"type":"ECOSYSTEM","events":[{"fixed":"1.10.0"},{"introduced":"1.9.0"}]}]})"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->advisories.at(0).affected, (std::vector<Affected>{{each.ecosystem, "x", each.grammar, Stance::Affected, {{"1.9.0", "1.10.0", ""}}, {}, "", "", {}}}));
    EXPECT_TRUE(read->notes.empty());
  }
}

TEST(Osv, SymbolsOfGo) {
  // GO-2022-1144, shortened.
  const auto read = collect("osv", R"({"id":"GO-2022-1144","modified":"0001-01-01T00:00:00Z","published":"0001-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Go","name":"stdlib"},
    "ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.18.9"},{"introduced":"1.19.0-0"},{"fixed":"1.19.4"}]}],
    "ecosystem_specific":{"imports":[{"path":"net/http","symbols":["ListenAndServe","Server.Serve"]},{"path":"net/http/httputil"}]}}]})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->advisories[0].affected[0].symbols, (std::vector<std::string>{"net/http.ListenAndServe", "net/http.Server.Serve", "net/http/httputil.*"}));
  EXPECT_EQ(read->advisories[0].affected[0].intervals, (std::vector<Interval>{{"", "1.18.9", ""}, {"1.19.0-0", "1.19.4", ""}}));
  EXPECT_FALSE(read->advisories[0].modified) << "the year 1 is Go's word for no time";
  EXPECT_TRUE(read->dates.empty());
}

/// Everything in an archive of real records, counted; the same numbers were counted in the JSON itself.
struct Counts {
  size_t records = 0, undetermined = 0, intervals = 0, versions = 0, symbols = 0, withdrawn = 0, aliases = 0, unordered = 0, repeated = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};
void PrintTo(const Counts& c, std::ostream* out) {
  *out << c.records << " records, " << c.undetermined << " undetermined, " << c.intervals << " intervals, " << c.versions << " versions, " << c.symbols << " symbols, " << c.withdrawn << " withdrawn, "
       << c.aliases << " aliases, " << c.unordered << " unordered, " << c.repeated << " repeated";
}
Counts count(const std::map<std::string, std::string>& files) {
  Counts out;
  for (const auto& [path, text] : files) {
    const auto read = collect("osv", text, {}, path);
    EXPECT_TRUE(read) << read.error().message;
    if (!read) continue;
    EXPECT_TRUE(*read == *collect("osv", text, {}, path, '}'));
    ++out.records;
    for (const Advisory& advisory : read->advisories) {
      out.withdrawn += advisory.withdrawn.has_value();
      out.aliases += advisory.aliases.size();
      for (const Affected& affected : advisory.affected) {
        out.undetermined += affected.stance == Stance::Undetermined;
        out.intervals += affected.intervals.size();
        out.versions += affected.versions.size();
        out.symbols += affected.symbols.size();
      }
    }
    for (const auto& [what, records] : read->notes) {
      out.unordered += what.starts_with("ranges of ") && what.ends_with("a version that is none");
      out.repeated += what.ends_with("that introduce a version twice");
    }
  }
  return out;
}

TEST(Osv, TheWholeArchiveOfGo) {
  const auto files = shared_members("go-osv.tar.zst", ".json");
  if (files.empty()) GTEST_SKIP() << "there is no '" << shared_path("go-osv.tar.zst") << "'";
  EXPECT_EQ(count(files), (Counts{.records = 4291, .undetermined = 0, .intervals = 7579, .versions = 0, .symbols = 10406, .withdrawn = 17, .aliases = 7945, .unordered = 0}));
}

TEST(Osv, TheWholeArchiveOfDockersHardenedImages) {
  auto files = shared_members("dhi-osv-vex.tar.zst", ".json");
  if (files.empty()) GTEST_SKIP() << "there is no '" << shared_path("dhi-osv-vex.tar.zst") << "'";
  std::erase_if(files, [](const auto& file) { return file.first.ends_with(".vex.json"); });
  EXPECT_EQ(count(files), (Counts{.records = 690, .undetermined = 40, .intervals = 1873, .versions = 19, .symbols = 0, .withdrawn = 12, .aliases = 631, .unordered = 0, .repeated = 1}));
}

TEST(Osv, NamesOfPackages) {
  struct { const char *space, *name, *canonical; } const rows[] = {
      {"PyPI", "Ruamel.YAML_clib--x", "ruamel-yaml-clib-x"},
      {"PyPI", "zope.interface", "zope-interface"},
      {"NuGet", "Newtonsoft.Json", "newtonsoft.json"},
      {"NuGet", "A_b-c", "a_b-c"},
      {"npm", "JSONStream", "JSONStream"},
      {"npm", "@Scope/a_b", "@Scope/a_b"},
      {"Go", "github.com/Azure/azure-sdk_x/V2", "github.com/azure/azure-sdk_x/v2"},
      {"crates.io", "Serde_json", "serde-json"},
      {"crates.io", "a__b", "a--b"},
      {"Maven", "Org.Group:Artifact_x", "Org.Group:Artifact_x"},
      {"Debian:13", "libX11", "libX11"},
  };
  for (const auto& row : rows) EXPECT_EQ(canonical_name(row.space, row.name), row.canonical) << row.space;
}

}  // namespace
}  // namespace ashlar::advisory
