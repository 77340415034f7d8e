// `ashlar policy init` and `ashlar policy test`, as a team uses them from its first day on.
#include <filesystem>

#include "stage.h"

namespace ashlar::flow {
namespace {

class PolicyFlow : public ::testing::Test {
 protected:
  Stage stage;
};

TEST_F(PolicyFlow, what_init_writes_is_valid_and_passes_its_own_cases) {
  const Ran made = stage.ashlar({"policy", "init"});
  ASSERT_EQ(made.code, 0) << made.told;
  EXPECT_NE(made.out.find("wrote 'policy.yaml'"), std::string::npos) << made.told;
  ASSERT_TRUE(stage.exists("policy.cases.yaml"));
  EXPECT_EQ(stage.ashlar({"validate", "policy.yaml", "policy.cases.yaml"}).code, 0);
  stage.write("strict.yaml", stage.read("policy.yaml"));
  EXPECT_EQ(stage.ashlar({"validate", "strict.yaml"}).code, 0) << "a policy by its keys, whatever it is called";
  const Ran tested = stage.ashlar({"policy", "test"});
  EXPECT_EQ(tested.code, 0) << tested.told;
  EXPECT_NE(tested.out.find("all is as it should be"), std::string::npos) << tested.told;
  const Json answer = stage.json({"policy", "test"});
  EXPECT_EQ(misfit(answer, Json::parse(R"({"schema": "", "passed": true, "files": [{"path": "", "policy": "", "cases": [{"summary": "", "line": 0, "passed": true, "expected": "", "verdict": "", "wrong": [],
      "reasons": [{"answer": "", "section": "", "rule": "", "what": ""}]}]}]})")), "");
  EXPECT_EQ(answer["passed"], true);
  EXPECT_GT(answer["files"][0]["cases"].size(), 20U);
  const Ran again = stage.ashlar({"policy", "init"});
  EXPECT_EQ(again.code, 2) << again.told;
  EXPECT_NE(again.err.find("cannot write policy 'policy.yaml': it is there already"), std::string::npos) << again.told;
  EXPECT_EQ(stage.ashlar({"policy", "init", "--to", "team.policy.yaml"}).code, 0);
  EXPECT_TRUE(stage.exists("team.policy.cases.yaml"));
}

TEST_F(PolicyFlow, a_changed_policy_fails_the_cases_that_it_changes) {
  ASSERT_EQ(stage.ashlar({"policy", "init"}).code, 0);
  std::string text = stage.read("policy.yaml");
  const std::string line = "  secrets: {rule: deny";
  ASSERT_NE(text.find(line), std::string::npos);
  stage.write("policy.yaml", text.replace(text.find(line), line.size(), "  secrets: {rule: allow"));
  const Ran ran = stage.ashlar({"policy", "test"});
  EXPECT_EQ(ran.code, 1) << ran.told;
  EXPECT_NE(ran.out.find("WRONG"), std::string::npos) << ran.told;
  EXPECT_NE(ran.out.find("it is allowed, not denied"), std::string::npos) << ran.told;
  const Json answer = stage.json({"policy", "test"}, 1);
  EXPECT_EQ(answer["passed"], false);
}

TEST_F(PolicyFlow, the_shipped_examples_hold) {
  Words command = {"policy", "test"};
  for (const auto& each : std::filesystem::directory_iterator(std::filesystem::path(ASHLAR_SOURCE_DIR) / "policies" / "examples")) command.push_back(each.path().string());
  ASSERT_GT(command.size(), 10U);
  const Ran ran = stage.ashlar(command);
  EXPECT_EQ(ran.code, 0) << ran.told;
}

TEST_F(PolicyFlow, what_is_wrong_is_said) {
  stage.write("p.yaml", "proofs: [no-shell]\n");
  stage.write("bad.yaml", "proofs: [no-shel]\n");
  stage.write("p.cases.yaml", "cases: [{summary: a, now: 2026-01-01, expect: denied, proofs: {no-shell: failed}, because: [proofs/no-shell]}]\n");
  stage.write("broken.cases.yaml", "cases: [{summary: a, expect: allowed}]\n");
  stage.write("lonely.yaml", "cases: []\n");
  const struct { const char* summary; Words command; int code; const char* says; } rows[] = {
      {"by the name beside it", {"policy", "test", "p.cases.yaml"}, 0, "1 of 1 cases are as they say"},
      {"by a policy that is named", {"policy", "test", "p.cases.yaml", "--policy", "p.yaml"}, 0, "1 of 1 cases are as they say"},
      {"the cases beside a policy", {"policy", "test", "--policy", "p.yaml"}, 0, "1 of 1 cases are as they say"},
      {"a policy with faults", {"policy", "test", "p.cases.yaml", "--policy", "bad.yaml"}, 2, "bad.yaml:1:10: there is no check 'no-shel'"},
      {"cases with faults", {"policy", "test", "broken.cases.yaml"}, 2, "broken.cases.yaml:1:9: 'now' is missing"},
      {"no policy beside it", {"policy", "test", "lonely.yaml"}, 2, "it names no policy"},
      {"no such file", {"policy", "test", "none.cases.yaml"}, 2, "none.cases.yaml"},
      {"no such action", {"policy", "tets"}, 2, "tets"},
      {"init of what", {"policy", "init", "here"}, 2, "'here' is not expected"},
      {"an option of another action", {"policy", "init", "--warn"}, 2, "there is no option '--warn'"},
      {"two actions", {"policy", "init", "test"}, 2, "'test' is not expected"},
      {"no action", {"policy"}, 2, "it says no action; it takes one of init, test, export, select"},
      {"nearly an option of the action", {"policy", "select", "x", "--vender", "chainguard"}, 2, "there is no option '--vender'; did you mean '--vendor'?"},
      {"nearly an action", {"policy", "slect", "x"}, 2, "did you mean 'select'?"},
  };
  for (const auto& row : rows) {
    const Ran ran = stage.ashlar(row.command);
    EXPECT_EQ(ran.code, row.code) << row.summary << ": " << ran.told;
    EXPECT_NE((ran.out + ran.err).find(row.says), std::string::npos) << row.summary << ": " << ran.told;
  }
}

}  // namespace
}  // namespace ashlar::flow
