#include "scan/scan.h"

#include <gtest/gtest.h>

#include <functional>

#include <fmt/format.h>

#include "scan/inner/test_scene.h"

namespace ashlar::scan {
namespace {

using advisory::Grammar;
using inventory::Standing;

/// Debian patches what its packages hold under the old version: an advisory of the language's own feed says nothing of it.
TEST(Scan, ComponentsWithinPackagesAreJudgedByThem) {
  Scene scene;
  scene.add_file("usr/share/java/log.jar", "PK", Standing::Verified);
  scene.add_file("app/log.jar", "PK", Standing::Unowned, 1);
  scene.database.cover("osv", "Maven").add("osv", {.id = "GHSA-log", .affected = {{.space = "Maven", .package = "org.log:log", .grammar = Grammar::Maven, .intervals = {{.fixed = "2.0"}}}}});
  for (const char* path : {"usr/share/java/log.jar!inner.jar", "app/log.jar"}) scene.subject.components.push_back({.type = "maven", .name = "org.log:log", .version = "1.0", .found_by = "java", .path = path});
  const auto report = scan(scene.subject, scene.database, scene.options);
  ASSERT_TRUE(report) << report.error().message;
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_EQ(report->findings[0].component.path, "app/log.jar");
  EXPECT_EQ(report->coverage.within, (std::vector<Within>{{"org.log:log", "1.0", "usr/share/java/log.jar!inner.jar", "tool"}}));
  const auto explained = explain(scene.subject, scene.database, "GHSA-log");
  ASSERT_TRUE(explained) << explained.error().message;
  ASSERT_EQ(explained->size(), 2U);
  EXPECT_EQ((*explained)[0].within, "tool");
  EXPECT_EQ((*explained)[1].within, "");
}

TEST(Scan, VerdictIsNeverCleanByMistake) {
  struct Row { std::string_view summary; std::function<void(Scene&)> spoil; std::string_view verdict, cause; };
  const Row rows[] = {
      {"nothing stands against it", [](Scene&) {}, "clean", ""},
      {"a finding", [](Scene& s) { s.advise("tool", {.fixed = "1.0-2"}); }, "affected", ""},
      {"an advisory for another package", [](Scene& s) { s.advise("other", {.fixed = "1.0-2"}); }, "clean", ""},
      {"a fixed version", [](Scene& s) { s.advise("tool", {.fixed = "1.0-1"}); }, "clean", ""},
      {"no os-release", [](Scene& s) { s.contents.texts.clear(); }, "unknown", "'tool' 1.0-1 was not judged: the image has no os-release: its distribution is not known"},
      {"a faked os-release", [](Scene& s) { s.contents.texts["etc/os-release"] = "ID=debian\nVERSION_ID=99\n"; }, "unknown", "'tool' 1.0-1 was not judged: no feed covers 'Debian:99'"},
      {"an unknown distribution", [](Scene& s) { s.contents.texts["etc/os-release"] = "ID=nobody\n"; }, "unknown", "'tool' 1.0-1 was not judged: distribution 'nobody' is not known"},
      {"the package database is gone", [](Scene& s) { s.subject.components.clear(); }, "unknown", "the image says that it is 'Debian:13' and has no package database of it"},
      {"the package database is gone, and notes in programs name packages", [](Scene& s) { s.subject.components[0].found_by = "elf-note"; }, "unknown", "the image says that it is 'Debian:13' and has no package database of it"},
      {"a note in a program explains no program", [](Scene& s) { s.add_file("opt/stray", "\x7f""ELF", Standing::Unowned), s.subject.components.push_back({.type = "generic", .name = "stray", .version = "1", .found_by = "elf-note", .path = "opt/stray"}); }, "unknown", "1 file of the base is explained by no package ('/opt/stray' first)"},
      {"a note in a program that a package has says nothing more", [](Scene& s) { s.subject.components.push_back({.type = "deb", .name = "tool-source", .version = "0.1", .found_by = "elf-note", .path = "usr/bin/tool"}), s.advise("tool-source", {.fixed = "1.0-1"}); }, "clean", ""},
      {"a component that a package of the distribution has is judged by that", [](Scene& s) { s.add_file("usr/share/nodejs/pad/package.json", "{", Standing::Listed), s.subject.components.push_back({.type = "npm", .name = "pad", .version = "1.0.0", .found_by = "npm", .path = "usr/share/nodejs/pad/package.json"}); }, "clean", ""},
      {"but not one that has other bytes than the package", [](Scene& s) { s.add_file("usr/share/nodejs/pad/package.json", "{", Standing::Altered), s.subject.components.push_back({.type = "npm", .name = "pad", .version = "1.0.0", .found_by = "npm", .path = "usr/share/nodejs/pad/package.json"}); }, "unknown", "'pad' 1.0.0 was not judged: no feed covers 'npm'"},
      {"nor one with a file that the package does not have", [](Scene& s) { s.add_file("usr/lib/python3/pad.dist-info/METADATA", "N", Standing::Listed), s.add_file("usr/lib/python3/pad.py", "i", Standing::Unowned), s.subject.components.push_back({.type = "pypi", .name = "pad", .version = "1.0.0", .found_by = "python", .path = "usr/lib/python3/pad.dist-info/METADATA", .files = {"usr/lib/python3/pad.py"}}); }, "unknown", "'pad' 1.0.0 was not judged: no feed covers 'PyPI'"},
      {"byte code and what was left out stand against nothing", [](Scene& s) { s.add_file("usr/lib/python3/pad.dist-info/METADATA", "N", Standing::Listed), s.add_file("usr/lib/python3/pad.pyc", "i", Standing::Unowned), s.subject.components.push_back({.type = "pypi", .name = "pad", .version = "1.0.0", .found_by = "python", .path = "usr/lib/python3/pad.dist-info/METADATA", .files = {"usr/lib/python3/pad.pyc", "usr/lib/python3/gone.py"}}); }, "clean", ""},
      {"a version was raised over what another package needs", [](Scene& s) { s.contents.packages = {{"tool", "1.0-1", "amd64", "tool", "1.0-1"}, {"part", "9.0-1", "amd64", "part", "9.0-1"}}, s.contents.packages[0].depends = "part (= 1.0-1)"; }, "unknown", "the package database is contradicted, as one is that was edited: 'tool' 1.0-1 depends on 'part (= 1.0-1)', and 9.0-1 is installed"},
      {"the package database is damaged, and the rest of it is judged", [](Scene& s) { s.subject.damage = {"cannot read line 7 of 'var/lib/dpkg/status': it is no field", "and line 9"}; }, "unknown", "the package database is damaged: cannot read line 7 of 'var/lib/dpkg/status': it is no field (2 such in all)"},
      {"a package's record does not read", [](Scene& s) { s.add_file("app/x.dist-info/METADATA", "x", Standing::Unowned), s.subject.unread = {{"app/x.dist-info/METADATA", "it names no package"}, {"app/x.jar!y.jar", "it is encrypted"}}; }, "unknown", "a package is not known, for its record does not read: cannot read 'app/x.dist-info/METADATA': it names no package (2 such in all)"},
      {"one that the distribution's package has is its maintainers'", [](Scene& s) { s.add_file("usr/share/java/x.jar", "PK", Standing::Listed), s.subject.unread = {{"usr/share/java/x.jar!y.jar", "it is encrypted"}}; }, "clean", ""},
      {"unless its bytes are others", [](Scene& s) { s.add_file("usr/lib/x.gemspec", "x", Standing::Altered), s.subject.unread = {{"usr/lib/x.gemspec", "its name has no version"}}; }, "unknown", "a package is not known, for its record does not read: cannot read 'usr/lib/x.gemspec': its name has no version"},
      {"nothing of the package database reads", [](Scene& s) { s.subject.damage = {"cannot read 'var/lib/rpm/Packages'"}, s.subject.components.clear(); }, "unknown", "the package database is damaged: cannot read 'var/lib/rpm/Packages'"},
      {"an edited package database", [](Scene& s) { s.add_file("usr/bin/tool", "\x7f""ELF", Standing::Altered); }, "unknown", "1 file of the base is explained by no package ('/usr/bin/tool' first)"},
      {"one that a record names with its bytes", [](Scene& s) { s.add_listed("usr/lib/x.so", as_text(Digest::of(std::string_view("usr/lib/x.so")).raw())); }, "clean", ""},
      {"with the beginning of their digest, as of apk", [](Scene& s) { s.add_listed("usr/lib/x.so", as_text(Digest::of(std::string_view("usr/lib/x.so")).raw()).substr(0, 20)); }, "clean", ""},
      {"with their SHA-1", [](Scene& s) { s.add_listed("usr/lib/x.so", std::string(20, '\xab')), s.contents.files.at("usr/lib/x.so").sha1 = "abababababababababababababababababababab"; }, "clean", ""},
      {"one that a record names with other bytes", [](Scene& s) { s.add_listed("usr/lib/x.so", std::string(32, '\xab')); }, "unknown", "1 file of the base is explained by no package ('/usr/lib/x.so' first)"},
      {"with none", [](Scene& s) { s.add_listed("usr/lib/x.so", std::string(32, '\0')); }, "unknown", "1 file of the base is explained by no package ('/usr/lib/x.so' first)"},
      {"of a form that has none", [](Scene& s) { s.add_listed("usr/lib/x.so", ""); }, "unknown", "1 file of the base is explained by no package ('/usr/lib/x.so' first)"},
      {"a record that is a program itself", [](Scene& s) { s.add_listed("usr/lib/x.py", ""), s.add_file("etc/x.dist-info/METADATA", "\x7f""ELF", Standing::Unowned), s.contents.files.erase("usr/lib/x.py"); }, "unknown", "1 file of the base is explained by no package ('/etc/x.dist-info/METADATA' first)"},
      {"a stray binary in the base", [](Scene& s) { s.add_file("opt/stray", "\x7f""ELF", Standing::Unowned); }, "unknown", "1 file of the base is explained by no package ('/opt/stray' first)"},
      {"a stray archive in the base", [](Scene& s) { s.add_file("opt/stray.zip", "PK\x03\x04", Standing::Unowned); }, "unknown", "1 file of the base is explained by no package ('/opt/stray.zip' first)"},
      {"a binary that the package's list in the image bears out", [](Scene& s) { s.add_file("usr/bin/other", "\x7f""ELF", Standing::Listed); }, "clean", ""},
      {"a binary that only the image itself claims", [](Scene& s) { s.add_file("opt/claimed", "\x7f""ELF", Standing::Declared); }, "unknown", "1 file of the base is explained by no package ('/opt/claimed' first)"},
      {"a stray binary of an application is listed", [](Scene& s) { s.add_file("app/run", "\x7f""ELF", Standing::Unowned, 1); }, "clean", ""},
      {"unless the policy says otherwise", [](Scene& s) { s.add_file("app/run", "\x7f""ELF", Standing::Unowned, 1), s.options.app_dark = DarkPolicy::Fail; }, "unknown", "1 file of the application is explained by no package ('/app/run' first)"},
      {"a binary that an ecosystem explains", [](Scene& s) { s.add_file("app/run", "\x7f""ELF", Standing::Unowned), s.subject.components.push_back({.type = "golang", .name = "stdlib", .version = "1.22.0", .found_by = "go", .path = "app/run"}), s.database.cover("go", "Go"); }, "clean", ""},
      {"a binary that is known by its content", [](Scene& s) { s.add_file("probe", "\x7f""ELF", Standing::Declared), s.subject.known[*s.contents.files.at("probe").content] = "the health probe"; }, "clean", ""},
      {"a stray binary that somebody answers for", [](Scene& s) { s.add_file("opt/stray", "\x7f""ELF", Standing::Unowned), s.options.excuses = {{"opt/stray", s.contents.files.at("opt/stray").content, "team", "built by us"}}; }, "clean", ""},
      {"an excuse for other bytes", [](Scene& s) { s.add_file("opt/stray", "\x7f""ELF", Standing::Unowned), s.options.excuses = {{"opt/stray", Digest::of(std::string_view("other")), "team", "built by us"}}; }, "unknown", "1 file of the base is explained by no package ('/opt/stray' first)"},
      {"a package of which nothing shows that Debian built it", [](Scene& s) { s.subject.components[0].maintainer = "Corp <dev@corp.example>"; }, "unknown", "'tool' 1.0-1 was not judged: nothing shows that the distribution built it, and its advisories would not name it (maintainer: 'Corp <dev@corp.example>')"},
      {"nor is a component judged by it", [](Scene& s) { s.subject.components[0].maintainer = "Corp <dev@corp.example>", s.add_file("opt/pad/package.json", "{", Standing::Verified), s.subject.components.push_back({.type = "npm", .name = "pad", .version = "1.0.0", .found_by = "npm", .path = "opt/pad/package.json"}); }, "unknown", "'pad' 1.0.0 was not judged: no feed covers 'npm'"},
      {"a source that nobody has", [](Scene& s) { s.subject.components[0].source = "zzz"; }, "unknown", "'tool' 1.0-1 was not judged: its record says that it was built from 'zzz', and neither a feed nor anything else in the image knows such a source"},
      {"one that a feed knows", [](Scene& s) { s.subject.components[0].source = "zzz", s.advise("zzz", {.fixed = "1.0-1"}); }, "clean", ""},
      {"a version that is none, of a package that no advisory is about", [](Scene& s) { s.subject.components[0].version = "\xff"; }, "unknown", "'tool' \xff was not judged: its record is damaged: '\xff' is no version"},
      {"nothing that could be judged", [](Scene& s) { s.subject.components.clear(), s.contents.texts.clear(), s.contents.files.clear(), s.ownership.files.clear(); }, "unknown", "nothing was found in it that could be judged"},
      {"a finding that nobody has determined", [](Scene& s) { s.database.add("tracker", {.id = "CVE-2026-0009", .affected = {{.space = "Debian:13", .package = "tool", .grammar = Grammar::Dpkg, .stance = advisory::Stance::Undetermined}}}); }, "affected", ""},
      {"a risk that was accepted", [](Scene& s) { s.advise("tool", {.fixed = "1.0-2"}), s.options.exceptions = {{.vulnerability = "CVE-2026-0001", .owner = "team", .reason = "internal", .created = Time{1}, .expires = Time{2'000'000}}}; }, "affected", ""},
      {"a statement that counts", [](Scene& s) { s.advise("tool", {.fixed = "1.0-2"}), s.options.statements = {{"s.json", "", {.author = "us", .statements = {{.vulnerability = "CVE-2026-0001", .status = attest::VexStatus::NotAffected, .products = {{"pkg:deb/debian/tool", {}}}}}}}}; }, "clean", ""},
      {"a package of a vendor, and what it holds of a language", [](Scene& s) { s.subject.components[0].maintainer = "NodeSource <x@nodesource.com>", s.add_file("usr/lib/pad/package.json", "{", Standing::Verified), s.subject.components.push_back({.type = "npm", .name = "pad", .version = "1.0.0", .found_by = "npm", .path = "usr/lib/pad/package.json"}); }, "unknown", "'pad' 1.0.0 was not judged: no feed covers 'npm'"},
      {"the database is of a time that the clock has not reached", [](Scene& s) { s.options.clock = Time{1'000'000}, s.database.made = Time{1'000'000 + 86401}; }, "unknown", "the advisory database is of 1970-01-13T13:46:41Z, and this machine's clock says 1970-01-12T13:46:40Z: how old it is cannot be told; set the clock"},
      {"two clocks that differ a little", [](Scene& s) { s.options.clock = Time{1'000'000}, s.database.made = Time{1'000'000 + 86400}; }, "clean", ""},
      {"no feed for an ecosystem", [](Scene& s) { s.subject.components.push_back({.type = "npm", .name = "left-pad", .version = "1.0.0"}); }, "unknown", "'left-pad' 1.0.0 was not judged: no feed covers 'npm'"},
      {"the end of life has come", [](Scene& s) { s.database.supports = {{"Debian:13", {}, Time{500'000}, {}}}; }, "unknown", "'Debian:13' is past its end of life (1970-01-06): nobody looks for its vulnerabilities any more"},
      {"the end of life has come, and nobody says when", [](Scene& s) { s.database.supports = {{"Debian:13", {}, {}, {}}}; }, "unknown", "'Debian:13' is past its end of life: nobody looks for its vulnerabilities any more"},
      {"a longer support goes on", [](Scene& s) { s.database.supports = {{"Debian:13", {}, Time{500'000}, {}}, {"Debian:13", {}, Time{2'000'000}, "LTS"}}; }, "clean", ""},
      {"the database is old", [](Scene& s) { s.database.age("tracker", Time{0}, 86400); }, "unknown", "feed 'tracker' is 11 days old, at most 24 hours are allowed: run `ashlar feed update`"},
      {"an old feed that nothing here rests on", [](Scene& s) { s.database.cover("wolfi", "Wolfi").age("wolfi", Time{0}, 86400); }, "clean", ""},
      {"the database is empty", [](Scene& s) { s.database = TestDatabase(); }, "unknown", "the advisory database has no feed"},
      {"a version that does not compare", [](Scene& s) { s.advise("tool", {.fixed = "not a version"}); }, "unknown", "'tool' 1.0-1 was not judged: CVE-2026-0001: 1.0-1 does not compare with fixed not a version: "},
      {"unknown outranks affected", [](Scene& s) { s.advise("tool", {}), s.add_file("opt/stray", "\x7f""ELF", Standing::Unowned); }, "unknown", "1 file of the base is explained by no package ('/opt/stray' first)"},
  };
  for (const Row& row : rows) {
    Scene scene;
    row.spoil(scene);
    const auto report = scan(scene.subject, scene.database, scene.options);
    ASSERT_TRUE(report) << row.summary;
    EXPECT_EQ(to_string(report->verdict), row.verdict) << row.summary;
    const bool said = std::ranges::any_of(report->causes, [&](const std::string& cause) { return cause.starts_with(row.cause); });
    EXPECT_EQ(said, !row.cause.empty() || !report->causes.empty()) << row.summary << ": " << (report->causes.empty() ? "no cause" : report->causes.front());
  }
}

TEST(Scan, CoverageDoesNotCountDamagedRecordsAsJudged) {
  struct Row { std::string_view summary, type, version, source_version, reason; };
  const Row rows[] = {
      {"a version", "deb", "1:1.0-1+b1", "1.0-1", ""},
      {"bytes", "deb", "\xff", "", "its record is damaged: '\xff' is no version"},
      {"words", "deb", "as it was", "", "its record is damaged: 'as it was' is no version"},
      {"an epoch that is none", "deb", "x:1.0-1", "", "its record is damaged: 'x:1.0-1' is no version"},
      {"the source's alone", "deb", "1.0-1", "none", "its record is damaged: 'none' is no version"},
      {"of apk", "apk", "r0", "", "its record is damaged: 'r0' is no version"},
  };
  for (const Row& row : rows) {
    Scene scene;
    inventory::Component& tool = scene.subject.components[0];
    tool.type = row.type, tool.version = row.version, tool.source_version = row.source_version;
    if (row.type == "apk") scene.contents.texts["etc/os-release"] = "ID=alpine\nVERSION_ID=3.20.1\n", scene.database.cover("tracker", "Alpine:v3.20");
    const Report report = scan(scene.subject, scene.database, scene.options).value();
    EXPECT_EQ(report.coverage.packages, 1U) << row.summary;
    EXPECT_EQ(report.coverage.judged, row.reason.empty() ? 1U : 0U) << row.summary;
    ASSERT_EQ(report.coverage.unknown.size(), row.reason.empty() ? 0U : 1U) << row.summary;
    if (!row.reason.empty()) {
      EXPECT_EQ(report.coverage.unknown[0].reason, row.reason) << row.summary;
    }
    EXPECT_EQ(to_string(report.verdict), row.reason.empty() ? "clean" : "unknown") << row.summary;
  }
}

TEST(Scan, WhatNoPackageIsJudgedByIsNotedWhenItIsStale) {
  struct Row { std::string_view format, note; };
  const Row rows[] = {
      {"kev", "feed 'side' is 11 days old, at most 24 hours are allowed: more may be known to be exploited (run `ashlar feed update`)"},
      {"epss", "feed 'side' is 11 days old, at most 24 hours are allowed: the likelihoods are of that day (run `ashlar feed update`)"},
      {"eol", "feed 'side' is 11 days old, at most 24 hours are allowed: support may have ended since (run `ashlar feed update`)"},
      {"debian-support-limited", "feed 'side' is 11 days old, at most 24 hours are allowed: support may have ended since (run `ashlar feed update`)"},
      {"debian-list", "feed 'side' is 11 days old, at most 24 hours are allowed: what it says may have changed (run `ashlar feed update`)"},
  };
  for (const Row& row : rows) {
    Scene scene;
    scene.database.age("side", Time{0}, 86400).format("side", std::string(row.format));
    const Report stale = scan(scene.subject, scene.database, scene.options).value();
    EXPECT_EQ(stale.notes, std::vector<std::string>{std::string(row.note)}) << row.format;
    EXPECT_EQ(to_string(stale.verdict), "clean") << row.format;
    scene.database.age("side", Time{999'000}, 86400);
    EXPECT_TRUE(scan(scene.subject, scene.database, scene.options).value().notes.empty()) << row.format;
    scene.database.age("side", Time{0}, 0);
    EXPECT_TRUE(scan(scene.subject, scene.database, scene.options).value().notes.empty()) << row.format << " without a greatest age";
  }
}

TEST(Scan, SupportOfSinglePackages) {
  struct Row { std::string_view summary; advisory::Support support; std::string_view verdict, cause, note, finding; };
  const Row rows[] = {
      {"limited", {"Debian:13", "tool", {}, "limited: only for trusted content"}, "affected", "", "the security support of 'tool' in 'Debian:13' is limited: only for trusted content", "limited: only for trusted content"},
      {"limited by a pattern", {"Debian:13", "to.*", {}, "limited: static"}, "affected", "", "the security support of 'tool' in 'Debian:13' is limited: static", "limited: static"},
      {"another pattern", {"Debian:13", "too1.*", {}, "limited"}, "affected", "", "", ""},
      {"in another release", {"Debian:12", "tool", {}, "limited"}, "affected", "", "", ""},
      {"ended", {"Debian:13", "tool", Time{500'000}, "ended: 0.9 was the last version supported"}, "unknown", "'tool' 1.0-1 was not judged: the support of 'tool' in 'Debian:13' ended on 1970-01-06: nobody looks for its vulnerabilities any more", "", "ended: 0.9 was the last version supported"},
      {"it ends later", {"Debian:13", "tool", Time{2'000'000}, "ended: later"}, "affected", "", "", ""},
  };
  for (const Row& row : rows) {
    Scene scene;
    scene.advise("tool", {.fixed = "2.0"});
    scene.database.supports.push_back(row.support);
    const Report report = scan(scene.subject, scene.database, scene.options).value();
    EXPECT_EQ(to_string(report.verdict), row.verdict) << row.summary;
    EXPECT_EQ(report.causes, row.cause.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::string(row.cause)}) << row.summary;
    EXPECT_EQ(report.notes, row.note.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::string(row.note)}) << row.summary;
    ASSERT_EQ(report.findings.size(), 1U) << row.summary << ": it is judged as far as it can be";
    EXPECT_EQ(report.findings[0].support, row.finding) << row.summary;
    EXPECT_EQ(report.coverage.support.size(), row.finding.empty() ? 0U : 1U) << row.summary;
    EXPECT_EQ(report.coverage.judged, row.cause.empty() ? 1U : 0U) << row.summary;
  }
}

TEST(Scan, VersionsThatNoReleaseCanHave) {
  struct Row { std::string_view summary, version, known; bool unknown, noted; };
  const Row rows[] = {
      {"the newest", "3.5.1-1+deb13u1", "3.5.1-1+deb13u1", false, false},
      {"an older one", "3.5.1-1", "3.5.1-1+deb13u1", false, false},
      {"an update that the feed has not heard of", "3.5.1-1+deb13u2", "3.5.1-1+deb13u1", false, true},
      {"a new upstream version", "140.3.0esr-1", "128.14.0esr-1", false, true},
      {"twice and one is still a step", "3.0", "1.0", false, true},
      {"one that was made up", "9.9", "3.5.1-1", true, true},
      {"one that was made up where versions begin with 0", "2.0", "0.9-1", true, true},
      {"an epoch that was made up", "9:1.0", "3.5.1-1", true, true},
      {"a number beyond all", "99999999999999999999999-1", "3.5.1-1", true, true},
      {"a date", "20261126-1", "20250101-1", false, true},
  };
  for (const Row& row : rows) {
    Scene scene;
    scene.subject.components[0].version = row.version;
    scene.database.newest_of = {{"Debian:13", "tool", std::string(row.known)}, {"Debian:13", "tool", "0.1"}, {"Debian:12", "tool", "0.1"}};
    const Report report = scan(scene.subject, scene.database, scene.options).value();
    EXPECT_EQ(to_string(report.verdict), row.unknown ? "unknown" : "clean") << row.summary;
    const std::string cause = report.causes.empty() ? "" : report.causes.front(), note = report.notes.empty() ? "" : report.notes.front();
    EXPECT_EQ(cause, row.unknown ? fmt::format("'tool' {} was not judged: no release of 'Debian:13' has such a version of 'tool': the newest that feed 'tracker' knows is {}", row.version, row.known) : "") << row.summary;
    EXPECT_EQ(note, row.noted && !row.unknown ? fmt::format("1 source package is newer than any version that feeds know of it: 'tool' {} (feed 'tracker' knows {})", row.version, row.known) : "") << row.summary;
  }
}

TEST(Scan, WithoutADatabaseNothingIsKnown) {
  Scene scene;
  const auto none = advisory::no_database("cannot find the advisory database: there is none");
  const Report report = scan(scene.subject, *none, scene.options).value();
  EXPECT_EQ(to_string(report.verdict), "unknown");
  EXPECT_EQ(report.causes, (std::vector<std::string>{"cannot find the advisory database: there is none", "'tool' 1.0-1 was not judged: there is no advisory database"}));
  EXPECT_FALSE(report.database.digest);
  EXPECT_EQ(report.coverage.judged, 0U);
  EXPECT_TRUE(explain(scene.subject, *none, "CVE-2026-0001").value().empty());
}

TEST(Scan, FeedsThatDisagreeAreBothNamed) {
  Scene scene;
  scene.advise("tool", {.fixed = "1.0-2"});
  scene.database.add("osv", {.id = "DEBIAN-CVE-2026-0001", .aliases = {"CVE-2026-0001"}, .summary = "a flaw", .published = Time{5}, .affected = {{.space = "Debian:13", .package = "tool", .grammar = Grammar::Dpkg, .intervals = {{.fixed = "1.0-3"}}}}});
  scene.database.add("third", {.id = "CVE-2026-0001", .affected = {{.space = "Debian:13", .package = "tool", .grammar = Grammar::Dpkg, .stance = advisory::Stance::Undetermined, .intervals = {{}}}}});
  scene.database.exploited_by["CVE-2026-0001"] = {"CVE-2026-0001", Time{7}, {}, true};
  scene.database.likelihood_by["CVE-2026-0001"] = {"CVE-2026-0001", 0.5, 0.9};
  const Report report = scan(scene.subject, scene.database, scene.options).value();
  ASSERT_EQ(report.findings.size(), 1U) << "one vulnerability, one finding";
  const Finding& finding = report.findings[0];
  EXPECT_EQ(finding.id, "CVE-2026-0001");
  EXPECT_EQ(finding.aliases, std::vector<std::string>{"DEBIAN-CVE-2026-0001"});
  EXPECT_EQ(finding.agree, (std::vector<std::string>{"osv", "tracker"}));
  EXPECT_EQ(finding.differ, std::vector<std::string>{"third"});
  EXPECT_EQ(to_string(finding.status), "affected");
  EXPECT_EQ(finding.severity, advisory::Severity::High);
  EXPECT_EQ(finding.severity_by, "tracker");
  EXPECT_TRUE(finding.exploited->ransomware);
  EXPECT_EQ(finding.likelihood->score, 0.5);
  EXPECT_EQ(finding.published, Time{5});
  EXPECT_EQ(finding.proof.front().text, "'var/lib/dpkg/status.d/tool' in layer 0 was read as dpkg");
}

TEST(Scan, WhatMattersStandsFirst) {
  Scene scene;
  const auto add = [&](const std::string& id, const std::string& urgency) {
    scene.database.add("tracker", {.id = id, .affected = {{.space = "Debian:13", .package = "tool", .grammar = Grammar::Dpkg, .intervals = {{}}, .urgency = urgency}}});
  };
  add("CVE-2026-0001", "low");
  add("CVE-2026-0002", "high");
  add("CVE-2026-0003", "medium");
  add("CVE-2026-0004", "high");
  add("CVE-2026-0005", "");
  const auto fixed = [&](const std::string& id, const std::string& urgency) {
    scene.database.add("tracker", {.id = id, .affected = {{.space = "Debian:13", .package = "tool", .grammar = Grammar::Dpkg, .intervals = {{.fixed = "2.0"}}, .urgency = urgency}}});
  };
  fixed("CVE-2026-0006", "");
  fixed("CVE-2026-0007", "medium");
  add("CVE-2026-0008", "medium");
  fixed("CVE-2026-0009", "low");
  scene.database.exploited_by["CVE-2026-0003"] = {};
  scene.database.likelihood_by["CVE-2026-0004"] = {"CVE-2026-0004", 0.2, 0.5};
  const Report report = scan(scene.subject, scene.database, scene.options).value();
  std::vector<std::string> order;
  for (const Finding& finding : report.findings) order.push_back(finding.id);
  EXPECT_EQ(order, (std::vector<std::string>{"CVE-2026-0003", "CVE-2026-0004", "CVE-2026-0002", "CVE-2026-0007", "CVE-2026-0008", "CVE-2026-0006", "CVE-2026-0009", "CVE-2026-0001", "CVE-2026-0005"}))
      << "exploited; high, the likelier first; medium, what has a fix first; what nobody has rated and has a fix; low, likewise; what nobody has rated";
}

TEST(Scan, ExplainsWhatIsNoFinding) {
  Scene scene;
  scene.advise("tool", {.fixed = "1.0-1"});
  const auto explained = explain(scene.subject, scene.database, "CVE-2026-0001").value();
  ASSERT_EQ(explained.size(), 1U);
  ASSERT_EQ(explained[0].judgements.size(), 1U);
  EXPECT_EQ(explained[0].judgements[0].steps.back().text, "1.0-1 = 1.0-1 (fixed, dpkg)");
  EXPECT_TRUE(explain(scene.subject, scene.database, "CVE-2026-0002").value().empty());
}

}  // namespace
}  // namespace ashlar::scan
