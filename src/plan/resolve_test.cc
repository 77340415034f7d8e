// Choices and refusals over indexes of a few packages.
#include "plan/resolve.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <vector>

#include "base/text.h"

namespace ashlar::plan {
namespace {

/// An index in which every package has what a Packages file must say.
std::vector<deb::Package> packages_of(std::vector<deb::Package> packages) {
  for (deb::Package& package : packages) {
    if (package.version.empty()) package.version = "1";
    package.architecture = "amd64";
    package.priority = "optional";
  }
  return packages;
}

deb::Package package(const char* name, const char* depends = "", const char* conflicts = "", const char* version = "1", const char* provides = "") {
  deb::Package out;
  out.name = name, out.depends = depends, out.conflicts = conflicts, out.version = version, out.provides = provides;
  return out;
}

std::vector<Wish> wishes_of(const std::vector<std::string>& texts) {
  std::vector<Wish> out;
  for (const std::string& text : texts) {
    const bool excluded = text.starts_with('!');
    const size_t pin = text.find('=');
    out.push_back({text.substr(excluded ? 1 : 0, pin), pin == std::string::npos ? "" : text.substr(pin + 1), excluded, {}});
  }
  return out;
}

struct Refusal {
  const char* summary;
  std::vector<deb::Package> packages;
  std::vector<std::string> wishes;
  const char* says;
};

TEST(Universe, RefusesInWordsToActOn) {
  const Refusal rows[] = {
      {"an unknown name gets its nearest", {package("nginx")}, {"ngimx"}, "cannot choose package 'ngimx': the archives have no such package; did you mean 'nginx'?"},
      {"an unknown name that is near to none", {package("nginx")}, {"postfix"}, "cannot choose package 'postfix': the archives have no such package"},
      {"a pin that is not there names what is", {package("app", "", "", "2"), package("app", "", "", "3")}, {"app=1"}, "cannot choose package 'app' in version 1: the archives have 3, 2"},
      {"a pin on what is not there", {package("app")}, {"lib=1"}, "cannot choose package 'lib' in version 1: the archives have no such package"},
      {"two pins of one package", {package("app", "", "", "1"), package("app", "", "", "2")}, {"app=1", "app=2"},
       "cannot choose package 'app' in version 1: the definition pins another version of it, too"},
      {"asked for and excluded", {package("app")}, {"app", "!app"}, "cannot choose package 'app': the definition both asks for and excludes it"},
      {"a virtual name with several providers", {package("exim4", "", "", "1", "mail-transport-agent"), package("postfix", "", "", "1", "mail-transport-agent")}, {"mail-transport-agent"},
       "cannot choose package 'mail-transport-agent': it is a virtual name, which several packages provide; name one of exim4, postfix"},
      {"a virtual name whose providers are excluded", {package("mawk", "", "", "1", "awk")}, {"awk", "!mawk"}, "cannot choose package 'awk': the archives have no such package; did you mean 'mawk'?"},
      {"two wishes that refuse each other", {package("ufw", "", "iptables-persistent"), package("iptables-persistent")}, {"ufw", "iptables-persistent"},
       "cannot choose packages: 'ufw' and 'iptables-persistent' cannot be together: 'ufw' refuses 'iptables-persistent'; both are asked for by the definition; remove one of them"},
      {"two wishes that refuse what both provide", {package("exim4", "", "", "1", "mta"), package("postfix", "", "mta", "1", "mta")}, {"exim4", "postfix"},
       "cannot choose packages: 'postfix' and 'exim4' cannot be together: 'postfix' refuses 'mta', which 'exim4' provides; both are asked for by the definition; remove one of them"},
      {"a clash deep below two wishes", {package("a1", "x1"), package("b1", "y1"), package("x1", "", "y1"), package("y1")}, {"a1", "b1"},
       "cannot choose packages: 'x1' and 'y1' cannot be together: 'x1' refuses 'y1'; 'x1' comes with 'a1' (a1 -> x1), 'y1' comes with 'b1' (b1 -> y1); remove 'a1' or 'b1' from the definition"},
      {"a clash below one wish", {package("a1", "x1, y1"), package("x1", "", "y1"), package("y1")}, {"a1"},
       "cannot choose packages: 'x1' and 'y1' cannot be together: 'x1' refuses 'y1'; 'x1' comes with 'a1' (a1 -> x1), 'y1' comes with 'a1' (a1 -> y1); remove 'a1' from the definition"},
      {"a pin that another package refuses", {package("app", "", "lib (<< 2)"), package("lib", "", "", "1"), package("lib", "", "", "2")}, {"app", "lib=1"},
       "cannot choose packages: 'app' and 'lib' cannot be together: 'app' refuses 'lib (<< 2)', and not lib 2, which the archives have, too; both are asked for by the definition; remove one of them"},
      {"a dependency that nothing provides", {package("app", "gone (>= 2)")}, {"app"}, "cannot choose packages: 'app' needs 'gone (>= 2)', but the archives have no such package"},
      {"a dependency of another architecture", {package("wine", "wine32:i386"), package("wine32")}, {"wine"},
       "cannot choose packages: 'wine' needs 'wine32:i386', but the archives have no such package, for they are read for one architecture"},
      {"a dependency that is too old, two steps away", {package("app", "lib"), package("lib", "base (>= 2)"), package("base")}, {"app"},
       "cannot choose packages: 'lib' needs 'base (>= 2)', but the archives have only base 1; 'lib' comes with 'app' (app -> lib); remove 'app' from the definition"},
      {"a pin below what another needs", {package("openssl", "libssl3 (>= 2)"), package("libssl3", "", "", "1"), package("libssl3", "", "", "2")}, {"openssl", "libssl3=1"},
       "cannot choose packages: 'openssl' needs 'libssl3 (>= 2)', but libssl3 1 is taken; the archives also have libssl3 2, which would do: pin that"},
      {"a dependency on an older version than the newest", {package("app", "lib (<< 2)"), package("lib", "", "", "1"), package("lib", "", "", "2")}, {"app"},
       "cannot choose packages: 'app' needs 'lib (<< 2)', but lib 2 is taken; the archives also have lib 1, which would do: pin that"},
      {"relations that cannot be read", {package("app", "lib (>= ")}, {"app"}, "cannot choose package 'app': the index has relations of it that cannot be read"},
      {"relations with a sign that there is not", {package("app", "lib (~ 1)"), package("lib")}, {"app"}, "cannot choose package 'app': the index has relations of it that cannot be read"},
      {"alternatives of which none is there", {package("app", "default-mta | mail-transport-agent (>= 9)"), package("exim4", "", "", "1", "mail-transport-agent (= 1)")}, {"app"},
       "cannot choose packages: 'app' needs 'default-mta | mail-transport-agent (>= 9)', but the archives have only exim4 1"},
  };
  for (const Refusal& row : rows) {
    const auto packages = packages_of(row.packages);
    const auto resolution = Universe(packages, "amd64").resolve({wishes_of(row.wishes), "amd64", {}});
    ASSERT_FALSE(resolution) << row.summary;
    EXPECT_EQ(resolution.error().message, row.says) << row.summary;
  }
}

deb::Package ranked(deb::Package package, const char* priority, const char* essential = "") {
  package.priority = priority, package.essential = essential;
  return package;
}

TEST(Universe, TakesAlternativesInOrder) {
  struct Row {
    const char* summary;
    std::vector<deb::Package> packages;
    std::vector<std::string> wishes, names;
  };
  const Row rows[] = {
      {"the first", {package("app", "x1 | y1"), package("x1"), package("y1")}, {"app"}, {"app", "x1"}},
      {"one that is asked for, too", {package("app", "x1 | y1"), package("x1"), package("y1")}, {"app", "y1"}, {"app", "y1"}},
      {"the second where the first is not there", {package("app", "x1 | y1"), package("y1")}, {"app"}, {"app", "y1"}},
      {"the second where the first needs what is not there", {package("app", "x1 | y1"), package("x1", "gone"), package("y1")}, {"app"}, {"app", "y1"}},
      {"the second where the first needs it two steps away", {package("app", "x1 | y1"), package("x1", "z1"), package("z1", "gone"), package("y1")}, {"app"}, {"app", "y1"}},
      {"the second where a wish refuses the first", {package("app", "x1 | y1"), package("tool", "", "x1"), package("x1"), package("y1")}, {"tool", "app"}, {"app", "tool", "y1"}},
      {"the same with the wishes turned round", {package("app", "x1 | y1"), package("tool", "", "x1"), package("x1"), package("y1")}, {"app", "tool"}, {"app", "tool", "y1"}},
      {"the second where what another wish needs refuses the first", {package("tool", "x1 | y1"), package("app", "z1"), package("z1", "", "x1"), package("x1"), package("y1")}, {"app", "tool"},
       {"app", "tool", "y1", "z1"}},
      {"the second where its version does", {package("app", "x1 (>= 2) | y1"), package("x1"), package("y1")}, {"app"}, {"app", "y1"}},
      {"the name itself before what provides it", {package("app", "awk"), package("gawk", "", "", "1", "awk"), package("awk")}, {"app"}, {"app", "awk"}},
      {"of providers the one of the highest priority", {package("app", "awk"), ranked(package("mawk", "", "", "1", "awk"), "required"), package("gawk", "", "", "1", "awk")}, {"app"}, {"app", "mawk"}},
      {"an essential one before that", {package("app", "awk"), ranked(package("mawk", "", "", "1", "awk"), "required"), ranked(package("gawk", "", "", "1", "awk"), "optional", "yes")}, {"app"},
       {"app", "gawk"}},
      {"a provider by a qualified name", {package("app", "lib"), package("other", "", "", "1", "lib:amd64")}, {"app"}, {"app", "other"}},
      {"no provider for another architecture", {package("app", "lib:armhf | y1"), package("other", "", "", "1", "lib"), package("y1")}, {"app"}, {"app", "y1"}},
      {"no unversioned provider where a version is needed", {package("app", "lib (>= 1) | y1"), package("other", "", "", "1", "lib"), package("y1")}, {"app"}, {"app", "y1"}},
      {"obsolete signs mean or-equal", {package("app", "x1 (> 1) | y1"), package("x1"), package("y1")}, {"app"}, {"app", "x1"}},
      {"a package never refuses itself", {package("app", "", "mta", "1", "mta")}, {"app"}, {"app"}},
      {"a circle", {package("app", "lib"), package("lib", "app")}, {"app"}, {"app", "lib"}},
  };
  for (const Row& row : rows) {
    auto packages = row.packages;
    for (deb::Package& each : packages) {
      each.architecture = "amd64";
      if (each.priority.empty()) each.priority = "optional";
    }
    const auto resolution = Universe(packages, "amd64").resolve({wishes_of(row.wishes), "amd64", {}});
    ASSERT_TRUE(resolution) << row.summary << ": " << resolution.error().message;
    std::vector<std::string> names;
    for (const Chosen& each : resolution->packages) names.emplace_back(each.package->name);
    EXPECT_EQ(names, row.names) << row.summary;
  }
}

/// Packages that are there under `name:any`, too.
deb::Package for_all_architectures(deb::Package package) {
  package.multi_arch = "allowed";
  return package;
}

TEST(Universe, ExclusionsHoldAgainstDependencies) {
  struct Row {
    const char* summary;
    std::vector<deb::Package> packages;
    std::vector<std::string> wishes, names, dropped, stood_in;
  };
  const Row rows[] = {
      {"a plain dependency", {package("git", "perl"), package("perl")}, {"git", "!perl"}, {"git"}, {"'git' needs 'perl', which the definition excludes"}, {}},
      {"one on whatever architecture", {package("git", "perl:any (>= 5)"), for_all_architectures(package("perl", "", "", "5"))}, {"git", "!perl"}, {"git"},
       {"'git' needs 'perl:any (>= 5)', which the definition excludes"}, {}},
      {"one on this architecture", {package("git", "perl:amd64"), package("perl")}, {"git", "!perl"}, {"git"}, {"'git' needs 'perl:amd64', which the definition excludes"}, {}},
      {"one on what the excluded provides", {package("git", "perlapi:any"), for_all_architectures(package("perl", "", "", "5", "perlapi"))}, {"git", "!perl"}, {"git"},
       {"'git' needs 'perlapi:any', which the definition excludes"}, {}},
      {"another alternative is taken", {package("git", "perl | tcl"), package("perl"), package("tcl")}, {"git", "!perl"}, {"git", "tcl"}, {}, {}},
      {"another provider is taken", {package("app", "awk"), package("mawk", "", "", "1", "awk"), package("gawk", "", "", "1", "awk")}, {"app", "!mawk"}, {"app", "gawk"}, {}, {}},
      {"what only the excluded needs does not come", {package("git", "perl"), package("perl", "perl-base"), package("perl-base")}, {"git", "!perl"}, {"git"},
       {"'git' needs 'perl', which the definition excludes"}, {}},
      {"an exclusion of nothing", {package("git")}, {"git", "!python3"}, {"git"}, {}, {}},
      {"a virtual name with one provider", {package("mawk", "", "", "1", "awk")}, {"awk"}, {"mawk"}, {}, {"'awk' is a virtual name; taken is 'mawk', which alone provides it"}},
      {"and with one left", {package("mawk", "", "", "1", "awk"), package("gawk", "", "", "1", "awk")}, {"awk", "!gawk"}, {"mawk"}, {},
       {"'awk' is a virtual name; taken is 'mawk', which alone provides it"}},
  };
  for (const Row& row : rows) {
    const auto packages = packages_of(row.packages);
    const auto resolution = Universe(packages, "amd64").resolve({wishes_of(row.wishes), "amd64", {}});
    ASSERT_TRUE(resolution) << row.summary << ": " << resolution.error().message;
    std::vector<std::string> names;
    for (const Chosen& each : resolution->packages) names.emplace_back(each.package->name);
    EXPECT_EQ(names, row.names) << row.summary;
    EXPECT_EQ(resolution->dropped, row.dropped) << row.summary;
    EXPECT_EQ(resolution->stood_in, row.stood_in) << row.summary;
  }
}

TEST(Universe, ExclusionsHoldAgainstQualifiedNames) {
  auto packages = packages_of({package("tool", "perl:any, lang:any"), package("perl", "", "", "1", "lang"), package("plain", "perl")});
  packages[1].multi_arch = "allowed";
  for (const char* wish : {"tool", "plain"}) {
    const auto resolution = Universe(packages, "amd64").resolve({wishes_of({wish, "!perl"}), "amd64", {}});
    ASSERT_TRUE(resolution) << wish << ": " << resolution.error().message;
    ASSERT_EQ(resolution->packages.size(), 1U) << wish;
    EXPECT_EQ(resolution->packages[0].package->name, wish);
  }
  // A qualifier that the package does not allow is not given up with it: it lacks for another reason.
  packages[1].multi_arch = {};
  EXPECT_FALSE(Universe(packages, "amd64").resolve({wishes_of({"tool", "!perl"}), "amd64", {}}));
}

TEST(Universe, GrowsWithItsNames) {
  std::deque<std::string> texts;
  std::vector<deb::Package> packages = {package("app")};
  for (int at = 0; at < 300; ++at) texts.push_back("virtual-" + std::to_string(at));
  const std::string all = join(std::vector<std::string>(texts.begin(), texts.end()), ", ");
  packages.front().provides = all;
  packages = packages_of(packages);
  const Universe universe(packages, "amd64");
  for (const std::string& name : texts) EXPECT_EQ(universe.providers(name), std::vector<std::string>{"app"}) << name;
  EXPECT_FALSE(universe.knows("virtual-300"));
}

TEST(Universe, KnowsNamesAndVersions) {
  const auto packages = packages_of({package("app", "", "", "1"), package("app", "", "", "3"), package("app", "", "", "3"), package("exim", "", "", "1", "mta")});
  const Universe universe(packages, "amd64");
  EXPECT_TRUE(universe.knows("app"));
  EXPECT_TRUE(universe.knows("mta"));
  EXPECT_FALSE(universe.knows("lib"));
  EXPECT_EQ(universe.versions("app"), (std::vector<std::string_view>{"3", "1"}));
  EXPECT_TRUE(universe.versions("mta").empty());
  EXPECT_EQ(universe.providers("mta"), std::vector<std::string>{"exim"});
  EXPECT_TRUE(universe.providers("app").empty());
  EXPECT_TRUE(universe.providers("lib").empty());
  EXPECT_EQ(universe.nearest("apq"), "app");
  EXPECT_EQ(universe.nearest("kernel"), "");
}

}  // namespace
}  // namespace ashlar::plan
