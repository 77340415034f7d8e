#include "deb/distribution.h"

#include <gtest/gtest.h>

#include "host/files.h"

namespace ashlar::deb {
namespace {

const host::Path shipped = ASHLAR_SOURCE_DIR "/distributions";

TEST(Distribution, reads_those_that_are_shipped) {
  const auto files = host::machine_files();
  for (const auto& [name, codename, release] : {std::tuple{"debian-12", "bookworm", "12"}, std::tuple{"debian-13", "trixie", "13"}}) {
    const auto distribution = load_distribution(*files, shipped, name);
    ASSERT_TRUE(distribution) << distribution.error().message;
    EXPECT_EQ(distribution->codename, codename);
    EXPECT_EQ(distribution->release, release);
    EXPECT_EQ(distribution->title, "Debian GNU/Linux");
    ASSERT_EQ(distribution->parts.size(), 2u);
    EXPECT_EQ(distribution->parts[0].suites, (std::vector<std::string>{codename, std::string(codename) + "-updates"}));
    EXPECT_FALSE(distribution->parts[0].security);
    EXPECT_EQ(distribution->parts[0].proposed, (std::vector<std::string>{std::string(codename) + "-proposed-updates"}));
    EXPECT_EQ(distribution->parts[1].proposed, std::vector<std::string>());
    EXPECT_EQ(distribution->parts[1].suites, (std::vector<std::string>{std::string(codename) + "-security"}));
    EXPECT_TRUE(distribution->parts[1].security);
    EXPECT_EQ(distribution->keyring_package, "debian-archive-keyring");
  }
}

TEST(Distribution, unknown_ones_are_named) {
  const auto files = host::machine_files();
  for (const char* name : {"debian-99", "", "../distributions/debian-13"}) {
    const auto distribution = load_distribution(*files, shipped, name);
    ASSERT_FALSE(distribution) << name;
    EXPECT_EQ(distribution.error().kind, Kind::NotFound);
    EXPECT_NE(distribution.error().message.find("there are debian-12, debian-13"), std::string::npos) << distribution.error().message;
  }
}

TEST(Distribution, the_configurations_go_before_the_shipped) {
  const auto files = host::machine_files();
  Distribution own;
  own.name = "debian-13";
  own.codename = "mine";
  EXPECT_EQ(load_distribution(*files, shipped, "debian-13", std::span(&own, 1))->codename, "mine");
}

TEST(Distribution, every_fault_has_its_place) {
  const auto document = parse_yaml("id: x\nrelease: '1'\ncodnename: y\ncomponents: main\narchives:\n  - name: a\n    suite: [b]\n    proposed: c\n", "d.yaml");
  ASSERT_TRUE(document) << document.error().message;
  const auto distribution = read_distribution(*document, document->root, "d");
  ASSERT_FALSE(distribution);
  std::vector<std::string> faults;
  for (const Fault& fault : distribution.error().faults) faults.push_back(std::to_string(fault.line) + ": " + fault.message + (fault.hint.empty() ? "" : " (" + fault.hint + ")"));
  EXPECT_EQ(faults, (std::vector<std::string>{"3: unknown key 'codnename' (did you mean 'codename'?)", "1: 'codename' is missing", "4: 'components' must be a list", "1: 'keyrings' is missing",
                                              "7: unknown key 'suite' (did you mean 'suites'?)", "6: 'suites' is missing", "8: 'proposed' must be a list"}));
}

}  // namespace
}  // namespace ashlar::deb
