// Choices and refusals over indexes of a few packages.
#include "plan/resolve.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

deb::Package package(std::string name, std::string depends = {}, std::string conflicts = {}, std::string version = "1", std::string provides = {}) {
  deb::Package out;
  out.name = std::move(name), out.depends = std::move(depends), out.conflicts = std::move(conflicts), out.version = std::move(version), out.provides = std::move(provides);
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
  std::vector<const char*> says;  ///< parts of the message
};

TEST(Universe, RefusesInWordsToActOn) {
  const Refusal rows[] = {
      {"an unknown name gets its nearest", {package("nginx")}, {"ngimx"}, {"'ngimx'", "did you mean 'nginx'?"}},
      {"a pin that is not there names what is", {package("app", "", "", "2"), package("app", "", "", "3")}, {"app=1"}, {"'app' in version 1", "the archives have 3, 2"}},
      {"a pin on what is not there", {package("app")}, {"lib=1"}, {"'lib' in version 1", "no such package"}},
      {"two pins of one package", {package("app", "", "", "1"), package("app", "", "", "2")}, {"app=1", "app=2"}, {"'app'", "another version"}},
      {"asked for and excluded", {package("app")}, {"app", "!app"}, {"'app'", "both asks for and excludes"}},
      {"several providers of a name", {package("exim", "", "", "1", "mta"), package("postfix", "", "", "1", "mta")}, {"mta"}, {"several packages provide it", "exim, postfix"}},
      {"two wishes that refuse each other", {package("a", "", "b"), package("b")}, {"a", "b"}, {"'a' and 'b' cannot be together", "'a' refuses 'b'", "remove 'a' or 'b'"}},
      {"a clash deep below two wishes", {package("a", "x"), package("b", "y"), package("x", "", "y"), package("y")}, {"a", "b"},
       {"'x' and 'y' cannot be together", "'x' comes with 'a' (a -> x)", "'y' comes with 'b' (b -> y)", "remove 'a' or 'b'"}},
      {"a dependency that nothing provides", {package("a", "gone (>= 2)")}, {"a"}, {"'a' needs 'gone (>= 2)'", "no such package"}},
      {"a dependency that is too old, two steps away", {package("a", "b"), package("b", "c (>= 2)"), package("c")}, {"a"},
       {"'b' needs 'c (>= 2)'", "only c 1", "'b' comes with 'a' (a -> b)", "remove 'a'"}},
      {"a pin that others do not bear", {package("a", "c (>= 2)"), package("c", "", "", "1"), package("c", "", "", "2")}, {"a", "c=1"}, {"'a' needs 'c (>= 2)'", "only c 1"}},
  };
  for (const Refusal& row : rows) {
    const auto packages = packages_of(row.packages);
    const auto resolution = Universe(packages, "amd64").resolve({wishes_of(row.wishes), "amd64", {}});
    ASSERT_FALSE(resolution) << row.summary;
    for (const char* part : row.says) EXPECT_NE(resolution.error().message.find(part), std::string::npos) << row.summary << ": lacks \"" << part << "\": " << resolution.error().message;
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
  packages[1].multi_arch.clear();
  EXPECT_FALSE(Universe(packages, "amd64").resolve({wishes_of({"tool", "!perl"}), "amd64", {}}));
}

TEST(Universe, KnowsNamesAndVersions) {
  const auto packages = packages_of({package("app", "", "", "1"), package("app", "", "", "3"), package("app", "", "", "3"), package("exim", "", "", "1", "mta")});
  const Universe universe(packages, "amd64");
  EXPECT_TRUE(universe.knows("app"));
  EXPECT_TRUE(universe.knows("mta"));
  EXPECT_FALSE(universe.knows("lib"));
  EXPECT_EQ(universe.versions("app"), (std::vector<std::string_view>{"3", "1"}));
  EXPECT_TRUE(universe.versions("mta").empty());
}

}  // namespace
}  // namespace ashlar::plan
