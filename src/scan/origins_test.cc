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

}  // namespace
}  // namespace ashlar::scan
