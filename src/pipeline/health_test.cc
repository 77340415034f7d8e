#include "pipeline/health.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "host/memory.h"
#include "pipeline/workshop.h"
#include "base/progress.h"

namespace ashlar::pipeline {
namespace {

/// A machine that has everything.
class HealthTest : public ::testing::Test {
 protected:
  void SetUp() override {
    machine.environment = {{"HOME", "/home/u"}, {"ASHLAR_DATA_DIR", "/data"}};
    put("/data/effects/debian-13.yaml", "");
    put("/data/distributions/debian-13.yaml",
        "id: debian\nrelease: \"13\"\ncodename: trixie\ncomponents: [main]\nkeyrings: [debian-archive-keyring.gpg]\nkeyring-package: debian-archive-keyring\n"
        "archives:\n  - {name: debian, suites: [trixie]}\n");
    put("/usr/share/keyrings/debian-archive-keyring.gpg", "keys");
    put("/home/u/.config/ashlar/config.yaml", "mirrors: {debian: http://one.example/debian}\n");
    for (const char* name : {"bwrap", "runc", "skopeo", "umoci"}) machine.processes.add(name, host::Outcome{});
  }
  void put(const std::string& path, std::string_view text) { ASSERT_TRUE(machine.files.write(path, text, host::Durability::Cache)); }
  Finding find(const std::string& check) {
    Silence silent;
    const auto all = examine_machine(machine.machine, "", silent);
    const auto found = std::ranges::find(all, check, &Finding::check);
    EXPECT_NE(found, all.end()) << check;
    return found == all.end() ? Finding{} : *found;
  }
  host::MemoryMachine machine{Time{1'700'000'000}};
};

TEST_F(HealthTest, AWholeMachineIsWell) {
  Silence silent;
  const auto all = examine_machine(machine.machine, "", silent);
  EXPECT_GE(all.size(), 9U);
  for (const Finding& each : all) EXPECT_TRUE(each.ok) << each.check << ": " << each.detail;
  EXPECT_EQ(find("installation").detail, "/data");
  EXPECT_EQ(find("cache folder").detail, "/home/u/.cache/ashlar");
  EXPECT_EQ(find("package archives").detail, "1 suites of debian-13 by the configuration");
}

TEST_F(HealthTest, SaysWhatLacks) {
  struct Row {
    std::string summary;
    std::function<void()> spoil;
    std::string check;
    bool required;
    std::string says, package;
  };
  const Row rows[] = {
      {"no keyring", [&] { ASSERT_TRUE(machine.files.remove("/usr/share/keyrings/debian-archive-keyring.gpg")); }, "package archives", true, "no keyring", "debian-archive-keyring"},
      {"no mirror", [&] { put("/home/u/.config/ashlar/config.yaml", ""); }, "package archives", true, "keyring", "debian-archive-keyring"},
      {"an unreadable configuration", [&] { put("/home/u/.config/ashlar/config.yaml", "a: 1\n"); }, "installation", true, "config.yaml", ""},
      {"no data", [&] { machine.environment["ASHLAR_DATA_DIR"] = "/empty"; }, "installation", true, "set ASHLAR_DATA_DIR", ""},
      {"no home", [&] { machine.environment.erase("HOME"); }, "installation", true, "HOME", ""},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.summary);
    row.spoil();
    const Finding finding = find(row.check);
    EXPECT_FALSE(finding.ok);
    EXPECT_EQ(finding.required, row.required);
    EXPECT_NE(finding.detail.find(row.says), std::string::npos) << finding.detail;
    EXPECT_EQ(finding.package, row.package);
  }
}

TEST_F(HealthTest, ProgramsAreNotRequired) {
  host::MemoryMachine bare{Time{1}};
  Silence silent;
  const auto all = examine_machine(bare.machine, "", silent);
  for (const char* name : {"bwrap", "runc", "skopeo", "umoci"}) {
    const auto found = std::ranges::find(all, name, &Finding::check);
    ASSERT_NE(found, all.end());
    EXPECT_FALSE(found->ok || found->required);
    EXPECT_FALSE(found->package.empty());
    EXPECT_NE(found->detail.find("needed to "), std::string::npos) << found->detail;
  }
}

TEST_F(HealthTest, ASandboxThatDoesNotStartIsTold) {
  host::Outcome no;
  no.exit_code = 1;
  no.err = "bwrap: No permissions to create new namespace\nmore\n";
  machine.processes.add("bwrap", no);
  const Finding finding = find("sandbox");
  EXPECT_FALSE(finding.ok);
  EXPECT_EQ(finding.detail, "bwrap does not start: bwrap: No permissions to create new namespace");
}

TEST_F(HealthTest, AFolderThatTakesNothingIsTold) {
  machine.files.fail_at("/home/u/.cache/ashlar", {Kind::Unavailable, "cannot write into folder '/home/u/.cache/ashlar': read-only file system", {}});
  const Finding finding = find("cache folder");
  EXPECT_FALSE(finding.ok);
  EXPECT_TRUE(finding.required);
  EXPECT_NE(finding.detail.find("read-only file system"), std::string::npos) << finding.detail;
}

TEST_F(HealthTest, DataIsFoundByTheEnvironmentOrBesideTheProgram) {
  EXPECT_EQ(data_folder(machine.machine).value(), "/data");
  machine.environment["ASHLAR_DATA_DIR"] = "/empty";
  const auto none = data_folder(machine.machine);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::NotFound);
  // Without the variable: the source tree that this test was built in, which a machine in memory has not.
  machine.environment.erase("ASHLAR_DATA_DIR");
  EXPECT_FALSE(data_folder(machine.machine));
}

TEST_F(HealthTest, AWorkshopIsWhatTheStagesNeed) {
  Silence silent;
  const auto workshop = open_workshop(machine.machine, "", silent);
  ASSERT_TRUE(workshop) << workshop.error().message;
  EXPECT_EQ(workshop->data, "/data");
  EXPECT_EQ(workshop->folders.cache, "/home/u/.cache/ashlar");
  EXPECT_EQ(workshop->config.mirrors.size(), 1U);
  EXPECT_FALSE(open_workshop(machine.machine, "/nowhere.yaml", silent));
}

}  // namespace
}  // namespace ashlar::pipeline
