#include "pipeline/policy_files.h"

#include <gtest/gtest.h>

#include "host/memory.h"
#include "pipeline/checked.h"

namespace ashlar::pipeline {
namespace {

class PolicyFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    machine.environment = {{"HOME", "/home/u"}, {"ASHLAR_DATA_DIR", "/data"}};
    put("/data/distributions/x", "");
    put("/data/effects/x", "");
    put("/data/policies/control.yaml", "proofs: [no-shell]\n");
    put("/data/policies/control.cases.yaml", "cases: []\n");
    put("/data/policies/vendors.yaml", "vendors: [{name: shipped, images: registry.example/**}]\n");
    put("/data/policies/registries.yaml", "host: registry.example\n");
    put("/p/own.yaml", "vendors: [{name: own, images: registry.example/**}]\n");
    put("/p/policy.yaml", "proofs: [no-shell]\n");
    put("/p/policy.cases.yaml", one_case);
    put("/p/named.yaml", std::string("policy: policy.yaml\n") + one_case);
    put("/p/written.yaml", std::string("policy: {proofs: [nonroot]}\n") + one_case);
  }
  void put(const std::string& path, std::string_view text) { ASSERT_TRUE(machine.files.write(path, text, host::Durability::Cache)); }
  static constexpr const char* one_case = "cases: [{summary: a, now: 2026-01-01, expect: denied, proofs: {no-shell: failed}, because: [proofs/no-shell]}]\n";
  host::MemoryMachine machine{Time{1'790'000'000}};
};

TEST_F(PolicyFilesTest, VendorsAreThoseThatThePolicyNames) {
  policy::Policy policy{.path = "/p/policy.yaml"};
  EXPECT_EQ(load_vendors(machine.machine, policy)->at(0).name, "shipped");
  policy.finished.bases.emplace().vendors = "own.yaml";
  EXPECT_EQ(load_vendors(machine.machine, policy)->at(0).name, "own");
  policy.finished.bases->vendors = "none.yaml";
  EXPECT_FALSE(load_vendors(machine.machine, policy));
  EXPECT_EQ(load_registries(machine.machine, "/data")->host, "registry.example");
}

TEST_F(PolicyFilesTest, WhereARegistryIsReachedIsToldAsTheEnvironmentTellsIt) {
  EXPECT_EQ(registries_by_other_names(machine.machine), std::nullopt) << "it serves what is called by its name";
  const std::pair<const char*, std::optional<std::string>> rows[] = {
      {"host: images.example\nsingle: library\nreached: serves.example\nlogin: https://login.example/v1/\n", "images.example serves.example https://login.example/v1/ library"},
      {"host: images.example\nreached: serves.example\n", "images.example serves.example images.example "},
      {"host: images.example\nsingle: library\nreached: first\nlogin: second\n", "images.example first.images.example https://second.images.example/v1/ library"},
      {"reached: serves.example\n", std::nullopt},
      {"host: [\n", std::nullopt},
  };
  for (const auto& [text, told] : rows) {
    put("/data/policies/registries.yaml", text);
    EXPECT_EQ(registries_by_other_names(machine.machine), told) << text;
  }
}

TEST_F(PolicyFilesTest, CasesAreRunAgainstTheirPolicy) {
  const struct { const char *summary, *file, *policy, *by; size_t wrong; } rows[] = {
      {"beside it", "/p/policy.cases.yaml", "", "/p/policy.yaml", 0},
      {"named in it", "/p/named.yaml", "", "/p/policy.yaml", 0},
      {"written in it", "/p/written.yaml", "", "/p/written.yaml", 1},
      {"named from outside", "/p/written.yaml", "/p/policy.yaml", "/p/policy.yaml", 0},
  };
  for (const auto& row : rows) {
    const auto tested = test_policy(machine.machine, {row.file}, row.policy);
    ASSERT_TRUE(tested) << row.summary << ": " << tested.error().message;
    EXPECT_EQ(tested->at(0).policy, row.by) << row.summary;
    EXPECT_EQ(tested->at(0).wrong(), row.wrong) << row.summary;
  }
  EXPECT_EQ(test_policy(machine.machine, {"/p/policy.cases.yaml", "/p/none.yaml"}, "").error().kind, Kind::NotFound);
  put("/p/lonely.yaml", one_case);
  EXPECT_EQ(test_policy(machine.machine, {"/p/lonely.yaml"}, "").error().kind, Kind::Invalid);
}

TEST_F(PolicyFilesTest, InitWritesBothOrNone) {
  const auto written = init_policy(machine.machine, "/data", "/q/team.yaml");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(*written, (std::vector<host::Path>{"/q/team.yaml", "/q/team.cases.yaml"}));
  EXPECT_EQ(machine.files.read("/q/team.yaml").value(), "proofs: [no-shell]\n");
  EXPECT_EQ(init_policy(machine.machine, "/data", "/q/team.yaml").error().kind, Kind::Conflict);
  put("/r/policy.cases.yaml", "mine");
  EXPECT_EQ(init_policy(machine.machine, "/data", "/r/policy.yaml").error().kind, Kind::Conflict);
  EXPECT_FALSE(machine.files.exists("/r/policy.yaml"));
}

TEST(Checked, SaysWhatHeldAndHow) {
  using prove::Outcome;
  using Answer = policy::Checked::Answer;
  const std::vector<prove::Check> checks = {{"a", "A", Outcome::Passed, {}}, {"b", "B", Outcome::Failed, {"why"}}, {"c", "C", Outcome::Excused, {}}, {"d", "D", Outcome::NotApplicable, {}}, {"run:e", "E", Outcome::NotApplicable, {}}};
  const auto out = checked(checks);
  ASSERT_EQ(out.size(), 5U);
  const struct { Answer answer; bool excused, inapplicable; } rows[] = {{Answer::Held, false, false}, {Answer::Failed, false, false}, {Answer::Held, true, false}, {Answer::Held, false, true}, {Answer::NotRun, false, true}};
  for (size_t at = 0; at < out.size(); ++at) {
    EXPECT_EQ(out[at].id, checks[at].id);
    EXPECT_EQ(out[at].answer, rows[at].answer) << at;
    EXPECT_EQ(out[at].excused, rows[at].excused) << at;
    EXPECT_EQ(out[at].inapplicable, rows[at].inapplicable) << at;
    EXPECT_EQ(out[at].evidence, checks[at].evidence) << at;
  }
}

}  // namespace
}  // namespace ashlar::pipeline
