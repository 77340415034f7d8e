#include "scan/inner/origins.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "scan/inner/test_database.h"

namespace ashlar::scan {
namespace {

struct Package { std::string name, version, maintainer, depends{}, source{}, priority{}; };

TEST(Origins, SomethingShowsThatDebianBuiltAPackage) {
  const std::string team = "Debian OpenSSL Team <x@alioth-lists.debian.net>", person = "Somebody <x@example.org>";
  struct Row { std::string_view summary; std::vector<Package> packages; std::string_view foreign; };
  const Row rows[] = {
      {"addresses of Debian", {{"a", "1-1", team}, {"b", "1-1", "X <x@debian.org>"}, {"c", "1-1", "x@lists.debian.org"}}, ""},
      {"an address of somebody else", {{"a", "1-1", person}}, "a"},
      {"no address", {{"a", "1-1", ""}, {"b", "1-1", "Debian"}}, "a b"},
      {"addresses that only look so", {{"a", "1-1", "X <x@notdebian.org>"}, {"b", "1-1", "X <x@debian.org.example.com>"}, {"c", "1-1", "debian.org <x@example.org>"}}, "a b c"},
      {"a rebuild and updates of a stable release", {{"a", "1-1+b2", person}, {"b", "1-1+deb13u1", person}, {"c", "1-1~deb12u3", person}, {"d", "1-1+deb13u1+b1", person}}, ""},
      {"versions that only look so", {{"a", "1+build2", person}, {"b", "1+debian1", person}, {"c", "1+deb1", person}, {"d", "1-1+b", person}}, "a b c d"},
      {"a source that the feed knows", {{"libknown1", "1-1", person, "", "known"}, {"libother1", "1-1", "Another <y@example.org>", "", "other"}}, "libother1"},
      {"a priority that the archive gives", {{"a", "1-1", person, "", "", "important"}, {"b", "1-1", "Another <y@example.org>", "", "", "optional"}, {"c", "1-1", "Third <z@example.org>", "", "", "extra"}}, "b c"},
      {"another package of the same source", {{"liba1", "1-1", person, "", "a"}, {"a-data", "1-1", team, "", "a"}}, ""},
      {"what a package of Debian depends on, and that in turn", {{"a", "1-1", team, "b (>= 1), x | c"}, {"b", "1-1", person, "d"}, {"c", "1-1", person}, {"d", "1-1", person}, {"e", "1-1", "Another <y@example.org>", "f"}, {"f", "1-1", "Third <z@example.org>"}}, "e f"},
      {"the maintainer of a package that Debian's depend on", {{"a", "1-1", team, "b"}, {"b", "1-1", person}, {"c", "1-1", person, "d"}, {"d", "1-1", "Another <y@example.org>"}, {"e", "1-1", "Third <z@example.org>"}}, "e"},
      {"who depends on Debian's packages is not Debian's for it", {{"a", "1-1", team}, {"corp", "1-1", person, "a"}}, "corp"},
  };
  for (const Row& row : rows) {
    TestDatabase database;
    database.cover("tracker", "Debian:13").add("tracker", {.id = "CVE-2026-0001", .affected = {{.space = "Debian:13", .package = "known", .grammar = advisory::Grammar::Dpkg}}});
    inventory::Contents contents;
    Subject subject{.contents = &contents};
    for (const Package& each : row.packages) {
      subject.components.push_back({.type = "deb", .name = each.name, .version = each.version, .source = each.source, .maintainer = each.maintainer, .found_by = "dpkg"});
      contents.packages.push_back({.name = each.name, .version = each.version, .architecture = "amd64", .source = each.source, .source_version = each.version, .maintainer = each.maintainer, .depends = each.depends, .priority = each.priority});
    }
    const auto foreign = foreign_packages(subject, {"debian", "13", "Debian:13", {}}, database);
    ASSERT_TRUE(foreign) << row.summary;
    EXPECT_EQ(join(std::vector<std::string>(foreign->begin(), foreign->end()), " "), row.foreign) << row.summary;
    EXPECT_TRUE(foreign_packages(subject, {"ubuntu", "24.04", "Ubuntu:24.04", {}}, database).value().empty()) << row.summary;
    subject.contents = nullptr;
    EXPECT_TRUE(foreign_packages(subject, {"debian", "13", "Debian:13", {}}, database).value().empty()) << row.summary << ", as a document";
  }
}

TEST(Origins, SomethingKnowsTheSourceThatAPackageNames) {
  struct Row { std::string_view summary; std::vector<Package> packages; std::string_view nobodys, claimed{}, by = "version-records"; };
  const Row rows[] = {
      {"its own", {{"zlib1g", "1-1", ""}, {"bash", "1-1", "", "", "bash"}}, ""},
      {"one that its name tells of", {{"libssl3t64", "1-1", "", "", "openssl"}, {"libdebconfclient0", "1-1", "", "", "cdebconf"}, {"libc6", "1-1", "", "", "glibc"}, {"liba1", "1-1", "", "", "a"}}, ""},
      {"one that was made up", {{"libssl3t64", "1-1", "", "", "zzz"}}, "zzz"},
      {"lib is nothing to have in common", {{"libssl3t64", "1-1", "", "", "libzzz"}}, "libzzz"},
      {"one that a feed knows", {{"libssl3t64", "1-1", "", "", "known"}}, ""},
      {"one that another package is named after", {{"libstdc++6", "14-1", "", "", "gcc-14"}, {"libgcc-s1", "14-1", "", "", "gcc-14"}}, ""},
      {"without that one", {{"libstdc++6", "14-1", "", "", "gcc-14"}}, "gcc-14"},
      {"names that are known to tell nothing", {{"passwd", "1-1", "", "", "shadow"}, {"mount", "1-1", "", "", "util-linux"}, {"udev", "1-1", "", "", "systemd"}}, ""},
      {"one that another record names", {{"ovmf", "1-1", "", "", "edk2"}}, "", "edk2"},
      {"what a document in the image claims is nobody's word", {{"ovmf", "1-1", "", "", "edk2"}}, "edk2", "edk2", "sbom"},
  };
  for (const Row& row : rows) {
    TestDatabase database;
    database.cover("tracker", "Debian:13").add("tracker", {.id = "CVE-2026-0001", .affected = {{.space = "Debian:13", .package = "known", .grammar = advisory::Grammar::Dpkg}}});
    inventory::Contents contents;
    Subject subject{.contents = &contents};
    for (const Package& each : row.packages) subject.components.push_back({.type = "deb", .name = each.name, .version = each.version, .source = each.source, .found_by = "dpkg"});
    if (!row.claimed.empty()) subject.claims.push_back({.type = "deb", .name = "other", .source = std::string(row.claimed), .found_by = std::string(row.by)});
    const auto nobodys = nobodys_sources(subject, {"debian", "13", "Debian:13", {}}, database);
    ASSERT_TRUE(nobodys) << row.summary;
    EXPECT_EQ(join(std::vector<std::string>(nobodys->begin(), nobodys->end()), " "), row.nobodys) << row.summary;
    subject.contents = nullptr;
    EXPECT_TRUE(nobodys_sources(subject, {"debian", "13", "Debian:13", {}}, database).value().empty()) << row.summary << ", as a document";
  }
}

}  // namespace
}  // namespace ashlar::scan
