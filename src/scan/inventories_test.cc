#include "scan/inventories.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "host/scratch.h"
#include "scan/inner/test_database.h"

namespace ashlar::scan {
namespace {

using inventory::Component;

constexpr std::int64_t day = 86400;

Component deb(const std::string& name, const std::string& version, const std::string& source = {}) {
  return {.type = "deb", .name = name, .version = version, .source = source, .source_version = source.empty() ? "" : version, .maintainer = "Debian <x@lists.debian.org>", .found_by = "dpkg", .path = "var/lib/dpkg/status"};
}
Component go(const std::string& name, const std::string& version, std::vector<std::string> symbols = {}) { return {.type = "golang", .name = name, .version = version, .path = "app/run", .symbols = std::move(symbols)}; }

class InventoriesTest : public ::testing::Test {
 protected:
  InventoriesTest() {
    database.cover("tracker", "Debian:13").cover("go", "Go");
    advise("CVE-2026-0001", "Debian:13", "openssl", {.fixed = "3.5-2"});
  }
  void advise(const std::string& id, const std::string& space, const std::string& package, advisory::Interval interval, std::vector<std::string> symbols = {}) {
    database.add(space == "Go" ? "go" : "tracker", {.id = id, .aliases = {"DSA-" + id.substr(9)}, .affected = {{.space = space, .package = package, .grammar = space == "Go" ? advisory::Grammar::Go : advisory::Grammar::Dpkg, .intervals = {std::move(interval)}, .symbols = std::move(symbols)}}});
  }

  /// Scans an image of these components and remembers it.
  Done keep(Inventories& store, const std::string& ref, const std::string& content, std::vector<Component> components, const std::string& release = "ID=debian\nVERSION_ID=13\n", const std::string& made_by = "program 1") {
    inventory::Contents contents;
    contents.texts["etc/os-release"] = release;
    const inventory::Ownership ownership;
    const Subject subject{.ref = ref, .digest = Digest::of(content).str(), .platform = "linux/amd64", .contents = &contents, .ownership = &ownership, .components = std::move(components), .damage = damage};
    TRY_ASSIGN(const Report report, scan(subject, database, {.now = now}));
    return store.keep(subject, report, now, made_by);
  }
  Inventories open() { return Inventories::open(scratch / "inventories.db").value(); }

  /// `REF package version outcome fixed` of every hit, doubtful images behind it.
  std::vector<std::string> told(Inventories& store, const std::string& id) {
    const auto found = store.ask(database, id);
    if (!found) return {found.error().message};
    std::vector<std::string> out = {fmt::format("of {}", found->images)};
    for (const Exposure& each : found->exposed) {
      for (const Hit& hit : each.hits) out.push_back(fmt::format("{} {} {} {} {}", each.image.ref, hit.place.package, hit.place.version, to_string(hit.judgement.outcome), hit.judgement.fixed_in));
    }
    for (const Remembered& each : found->doubtful) out.push_back(fmt::format("{}: {}", each.ref, fmt::join(each.doubts, "; ")));
    return out;
  }
  using Lines = std::vector<std::string>;

  host::Scratch scratch;
  TestDatabase database;
  std::vector<std::string> damage;
  Time now{100 * day + 3600};
};

TEST_F(InventoriesTest, AnAdvisoryFindsTheImagesThatItIsAbout) {
  Inventories store = open();
  ASSERT_TRUE(keep(store, "oci:old:1", "a", {deb("libssl3t64", "3.5-1", "openssl"), deb("openssl", "3.5-1"), deb("bash", "5.2")}));
  ASSERT_TRUE(keep(store, "oci:new:1", "b", {deb("libssl3t64", "3.5-2", "openssl")}));
  ASSERT_TRUE(keep(store, "oci:none:1", "c", {deb("bash", "5.2")}));
  ASSERT_TRUE(keep(store, "oci:older:1", "d", {deb("libssl3t64", "3.4-1", "openssl")}));
  EXPECT_EQ(told(store, "CVE-2026-0001"), (Lines{"of 4", "oci:old:1 openssl 3.5-1 affected 3.5-2", "oci:older:1 openssl 3.4-1 affected 3.5-2"})) << "source packages once, whatever was built of them";
  EXPECT_EQ(told(store, "DSA-0001"), told(store, "CVE-2026-0001")) << "by another name";
  EXPECT_EQ(told(store, "CVE-2026-9999"), (Lines{"of 4"}));
  Inventories again = open();
  EXPECT_EQ(told(again, "CVE-2026-0001").size(), 3U) << "what was remembered stays";
}

TEST_F(InventoriesTest, ItAgreesWithAScan) {
  advise("CVE-2026-0002", "Debian:13", "zlib", {.introduced = "2", .fixed = "3"});
  advise("CVE-2026-0003", "Debian:13", "zlib", {.fixed = "not a version"});
  Inventories store = open();
  for (const char* version : {"1", "2", "2.5", "3", "4"}) {
    ASSERT_TRUE(keep(store, version, version, {deb("zlib1g", version, "zlib")}));
    inventory::Contents contents;
    contents.texts["etc/os-release"] = "ID=debian\nVERSION_ID=13\n";
    const inventory::Ownership ownership;
    const auto report = scan({.ref = version, .digest = Digest::of(std::string_view(version)).str(), .contents = &contents, .ownership = &ownership, .components = {deb("zlib1g", version, "zlib")}}, database, {.now = now});
    ASSERT_TRUE(report);
    const bool affected = std::ranges::any_of(report->findings, [](const Finding& each) { return each.id == "CVE-2026-0002"; });
    EXPECT_EQ(affected, std::ranges::any_of(told(store, "CVE-2026-0002"), [&](const std::string& line) { return line.starts_with(std::string(version) + " "); })) << version;
  }
  EXPECT_EQ(told(store, "CVE-2026-0002"), (Lines{"of 5", "2 zlib 2 affected 3", "2.5 zlib 2.5 affected 3"}));
  EXPECT_EQ(told(store, "CVE-2026-0003")[1], "1 zlib 1 cannot say ") << "what does not compare is never passed over";
}

TEST_F(InventoriesTest, FunctionsThatAreLinkedInDecide) {
  advise("CVE-2026-0004", "Go", "example.org/x", {.fixed = "1.5.0"}, {"example.org/x.Parse"});
  Inventories store = open();
  ASSERT_TRUE(keep(store, "with", "a", {deb("bash", "1"), go("example.org/x", "v1.2.0", {"example.org/x.Parse", "main.main"})}));
  ASSERT_TRUE(keep(store, "inlined", "b", {deb("bash", "1"), go("example.org/x", "v1.2.0", {"example.org/x.Other", "main.main"})}));
  ASSERT_TRUE(keep(store, "without", "c", {deb("bash", "1"), go("example.org/x", "v1.2.0", {"main.main"})}));
  ASSERT_TRUE(keep(store, "stripped", "d", {deb("bash", "1"), go("example.org/x", "v1.2.0")}));
  EXPECT_EQ(told(store, "CVE-2026-0004"), (Lines{"of 4", "inlined example.org/x v1.2.0 undetermined 1.5.0", "stripped example.org/x v1.2.0 affected 1.5.0", "with example.org/x v1.2.0 affected 1.5.0"}));
}

TEST_F(InventoriesTest, WhatIsNotKnownWholeIsNamed) {
  Inventories store = open();
  ASSERT_TRUE(keep(store, "nobody's", "a", {deb("libssl3t64", "3.5-1", "openssl")}, "ID=nobody\n"));
  ASSERT_TRUE(keep(store, "no database", "b", {}));
  damage = {"cannot read line 7"};
  ASSERT_TRUE(keep(store, "damaged", "c", {deb("bash", "5.2")}));
  EXPECT_EQ(told(store, "CVE-2026-0001"), (Lines{"of 3", "damaged: the package database is damaged: cannot read line 7", "no database: the image says that it is 'Debian:13' and has no package database of it",
                                                 "nobody's: 1 package is in no space: distribution 'nobody' is not known"}));
  damage.clear();
  ASSERT_TRUE(keep(store, "damaged", "c", {deb("bash", "5.2")}));
  EXPECT_EQ(told(store, "CVE-2026-0001").size(), 3U) << "a doubt that is gone";
}

TEST_F(InventoriesTest, AnImageIsRememberedOnceByItsDigest) {
  Inventories store = open();
  const std::vector<Component> components = {deb("openssl", "3.5-1")};
  ASSERT_TRUE(keep(store, "oci:a:1", "same", components));
  ASSERT_TRUE(keep(store, "oci:b:2", "same", components));
  EXPECT_EQ(told(store, "CVE-2026-0001"), (Lines{"of 1", "oci:b:2 openssl 3.5-1 affected 3.5-2"})) << "under its last name";
  ASSERT_TRUE(keep(store, "oci:b:2", "other", components));
  EXPECT_EQ(told(store, "CVE-2026-0001").size(), 3U) << "a tag that moved leaves the image that had it";
  ASSERT_TRUE(keep(store, "oci:b:2", "same", {deb("openssl", "3.5-2")}, "ID=debian\nVERSION_ID=13\n", "program 2"));
  EXPECT_EQ(told(store, "CVE-2026-0001").size(), 2U) << "another program found other things";
}

TEST_F(InventoriesTest, WhenItWasScannedLastIsKnownToTheDay) {
  Inventories store = open();
  const auto scanned = [&] { return store.ask(database, "CVE-2026-0001")->exposed.at(0).image.scanned.seconds; };
  ASSERT_TRUE(keep(store, "a", "a", {deb("openssl", "3.5-1")}));
  EXPECT_EQ(scanned(), 100 * day);
  now.seconds += 3 * day;
  ASSERT_TRUE(keep(store, "a", "a", {deb("openssl", "3.5-1")}));
  EXPECT_EQ(scanned(), 103 * day);
  now.seconds -= 50 * day;
  ASSERT_TRUE(keep(store, "b", "a", {deb("openssl", "3.5-1")}));
  EXPECT_EQ(scanned(), 103 * day) << "a clock that was set back makes nothing older";
}

TEST_F(InventoriesTest, ImagesAreForgotten) {
  Inventories store = open();
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(keep(store, name, name, {deb("openssl", "3.5-1")}));
  EXPECT_EQ(store.forget("a").value(), 1U);
  EXPECT_EQ(store.forget(Digest::of(std::string_view("b")).str()).value(), 1U);
  EXPECT_EQ(store.forget("nothing").value(), 0U);
  EXPECT_EQ(told(store, "CVE-2026-0001"), (Lines{"of 1", "c openssl 3.5-1 affected 3.5-2"}));
}

TEST_F(InventoriesTest, WhatIsNoImageIsNotTaken) {
  Inventories store = open();
  inventory::Contents contents;
  const Report report{.database = {}};
  EXPECT_FALSE(Inventories::takes({.ref = "dir:x", .contents = &contents}));
  EXPECT_FALSE(Inventories::takes({.ref = "x.cdx.json", .digest = Digest::of(std::string_view("x")).str()}));
  ASSERT_TRUE(store.keep({.ref = "dir:x", .contents = &contents}, report, now, ""));
  EXPECT_EQ(told(store, "CVE-2026-0001"), (Lines{"of 0"}));
}

TEST_F(InventoriesTest, SeveralMayWriteAtOnce) {
  {
    std::vector<std::jthread> writers;
    for (int writer = 0; writer < 4; ++writer) {
      writers.emplace_back([&, writer] {
        Inventories store = open();
        inventory::Contents contents;
        contents.texts["etc/os-release"] = "ID=debian\nVERSION_ID=13\n";
        const inventory::Ownership ownership;
        for (int each = 0; each < 20; ++each) {
          const std::string name = std::to_string(each % 2 == 0 ? each : each + 100 * writer);  // half of them are the others', too
          TestDatabase own;
          const Subject subject{.ref = name, .digest = Digest::of(name).str(), .contents = &contents, .ownership = &ownership, .components = {deb("openssl", "3.5-1"), deb("p" + name, "1")}};
          const auto report = scan(subject, own, {.now = now});
          ASSERT_TRUE(report);
          const Done kept = store.keep(subject, *report, now, "program");
          ASSERT_TRUE(kept) << kept.error().message;
        }
      });
    }
  }
  Inventories store = open();
  EXPECT_EQ(told(store, "CVE-2026-0001").size(), 1U + 10 + 4 * 10) << "each image once";
}

TEST_F(InventoriesTest, OtherDatabasesAreRefused) {
  const auto refused = [&](const std::string& sql, std::string_view why) {
    const auto path = scratch / "other.db";
    std::filesystem::remove(path);
    ASSERT_TRUE(host::Sqlite::open_shared(path)->run(sql));
    const auto open = Inventories::open(path);
    ASSERT_FALSE(open) << sql;
    EXPECT_NE(open.error().message.find(why), std::string::npos) << open.error().message;
  };
  refused("CREATE TABLE mine (x)", "it is another database");
  refused("PRAGMA user_version=9", "its layout is version 9, this program reads version 1");
  std::ofstream(scratch / "text.db") << std::string(5000, 'x');
  EXPECT_FALSE(Inventories::open(scratch / "text.db"));
}

}  // namespace
}  // namespace ashlar::scan
