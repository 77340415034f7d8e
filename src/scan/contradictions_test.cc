#include "scan/inner/contradictions.h"

#include <gtest/gtest.h>

namespace ashlar::scan {
namespace {

using inventory::InstalledPackage;

TEST(Contradictions, OfAPackageDatabaseThatWasEdited) {
  const auto package = [](std::string name, std::string version, std::string depends = {}, std::string provides = {}) {
    return InstalledPackage{.name = std::move(name), .version = std::move(version), .architecture = "amd64", .source = {}, .source_version = {}, .depends = std::move(depends), .provides = std::move(provides)};
  };
  struct Row { std::string_view summary; std::vector<InstalledPackage> packages; std::string_view says; };
  const Row rows[] = {
      {"all is as it was built", {package("a", "1.0-1", "b (= 1.0-1), libc6 (>= 2.36)"), package("b", "1.0-1"), package("libc6", "2.41-12")}, ""},
      {"a version was raised", {package("a", "1.0-1", "b (= 1.0-1)"), package("b", "9.0-1")}, "'a' 1.0-1 depends on 'b (= 1.0-1)', and 9.0-1 is installed"},
      {"a version was lowered", {package("a", "1.0-1", "libc6 (>= 2.36)"), package("libc6", "2.31-1")}, "'a' 1.0-1 depends on 'libc6 (>= 2.36)', and 2.31-1 is installed"},
      {"beyond what it is built for", {package("python3", "3.13.5-1", "python3.13 (>= 3.13.5-1~), libpython3-stdlib (<< 3.14)"), package("libpython3-stdlib", "3.14-1"), package("python3.13", "3.13.5-2")}, "'python3' 3.13.5-1 depends on 'libpython3-stdlib (<< 3.14)', and 3.14-1 is installed"},
      {"an epoch is no accident", {package("a", "1", "b (= 1:1.0-1)"), package("b", "1.0-1")}, "'a' 1 depends on 'b (= 1:1.0-1)', and 1.0-1 is installed"},
      {"what is not installed contradicts nobody", {package("a", "1.0-1", "b (= 1.0-1)")}, ""},
      {"an alternative may be the one", {package("a", "1.0-1", "b (= 1.0-1) | c"), package("b", "9.0-1")}, ""},
      {"another one provides it", {package("a", "1.0-1", "b (= 1.0-1)"), package("b", "9.0-1"), package("c", "1", "", "b (= 1.0-1)")}, ""},
      {"of one architecture it is met", {package("a", "1.0-1", "b (= 1.0-1)"), package("b", "9.0-1"), package("b", "1.0-1")}, ""},
      {"a field that does not read says nothing", {package("a", "1.0-1", "b (= "), package("b", "9.0-1")}, ""},
  };
  for (const Row& row : rows) {
    const auto found = contradictions_of(row.packages);
    EXPECT_EQ(found.size(), row.says.empty() ? 0U : 1U) << row.summary;
    EXPECT_EQ(found.empty() ? "" : found.front(), row.says) << row.summary;
  }
}

}  // namespace
}  // namespace ashlar::scan
