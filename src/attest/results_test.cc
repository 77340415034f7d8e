#include "attest/results.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "attest/inner/sample_predicates_test.h"

namespace ashlar::attest {
namespace {

TEST(Predicates, AreTheSameBytesAsBefore) {
  const std::filesystem::path folder = std::string(ASHLAR_SOURCE_DIR) + "/tests/data/attest";
  for (const auto& [name, predicate] : sample::predicates()) {
    SCOPED_TRACE(name);
    const auto golden = folder / (name + ".json");
    const std::string got = to_pretty(predicate);
    if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::filesystem::create_directories(folder), std::ofstream(golden, std::ios::binary) << got;
    std::ifstream file(golden, std::ios::binary);
    ASSERT_TRUE(file) << golden;
    EXPECT_EQ(got, std::string(std::istreambuf_iterator<char>(file), {}));
  }
}

TEST(TestResults, TheWorstAnswerIsTheResult) {
  struct Row { std::string_view summary; std::vector<Answer> answers; std::string_view result; size_t passed, warned, failed; };
  const Row rows[] = {
      {"nothing was asked", {}, "PASSED", 0, 0, 0},
      {"all passed", {{"a", "", "passed", {}}, {"run:b", "", "passed", {}}}, "PASSED", 2, 0, 0},
      {"a proof that does not apply", {{"a", "", "not-applicable", {}}, {"b", "", "passed", {}}}, "PASSED", 1, 0, 0},
      {"one is excused", {{"a", "", "excused", {}}, {"b", "", "passed", {}}}, "WARNED", 1, 1, 0},
      {"a run test could not be run", {{"a", "", "passed", {}}, {"run:b", "", "not-applicable", {}}}, "WARNED", 1, 0, 0},
      {"one failed", {{"a", "", "excused", {}}, {"b", "", "failed", {}}, {"run:c", "", "passed", {}}}, "FAILED", 1, 1, 1},
  };
  for (const Row& row : rows) {
    const Json predicate = test_results(row.answers, {});
    EXPECT_EQ(predicate["result"], row.result) << row.summary;
    EXPECT_EQ(predicate["passedTests"].size(), row.passed) << row.summary;
    EXPECT_EQ(predicate["warnedTests"].size(), row.warned) << row.summary;
    EXPECT_EQ(predicate["failedTests"].size(), row.failed) << row.summary;
  }
}

TEST(Hardening, IsOfTheBytesAlone) {
  std::vector<Answer> answers = sample::answers();
  Json predicate = hardening(answers, sample::measured());
  EXPECT_EQ(predicate["passed"], true);
  EXPECT_EQ(predicate["checks"].size(), answers.size() - 1) << "a run test is no proof on bytes";
  EXPECT_EQ(predicate["checks"][1]["evidence"], Json(answers[1].evidence));
  answers.back().result = "failed";  // run:starts
  EXPECT_EQ(hardening(answers, sample::measured())["passed"], true);
  answers.front().result = "failed";
  EXPECT_EQ(hardening(answers, sample::measured())["passed"], false);
  Measured claimed = sample::measured();
  claimed.definition_claimed = true;
  EXPECT_EQ(hardening(answers, claimed)["policy"]["definition_claimed"], true);
}

TEST(Hardening, NamesTheInterpretersOfADefinitionThatIsNoClaim) {
  std::vector<Answer> answers = sample::answers();
  Measured measured = sample::measured();
  EXPECT_FALSE(hardening(answers, measured)["policy"].contains("interpreters")) << "it names none";
  measured.interpreters = {{"/usr/bin/python3.13", "Python is what the image is for"}};
  const Json passed = hardening(answers, measured);
  EXPECT_EQ(passed["policy"]["interpreters"], Json::parse(R"([{"path": "/usr/bin/python3.13", "reason": "Python is what the image is for"}])"));
  EXPECT_EQ(interpreters_named(passed).size(), 0U) << "there was nothing to excuse";
  answers.front().result = "excused";
  const Json excused = hardening(answers, measured);
  EXPECT_EQ(interpreters_named(excused), measured.interpreters);
  measured.definition_claimed = true;
  EXPECT_FALSE(hardening(answers, measured)["policy"].contains("interpreters")) << "only the image says so";
  struct Row { const char* summary; const char* at; Json value; };
  for (const Row& row : {Row{"it failed", "/checks/0/result", "failed"}, Row{"the image itself says so", "/policy/definition_claimed", true}, Row{"nobody says whether it does", "/policy/definition_claimed", nullptr}, Row{"no list", "/policy/interpreters", 7},
                         Row{"no path", "/policy/interpreters/0/path", 7}, Row{"a path without its slash", "/policy/interpreters/0/path", "*"}, Row{"no policy", "/policy", "x"}, Row{"no checks", "/checks", "x"}}) {
    Json of = excused;
    of[Json::json_pointer(row.at)] = row.value;
    EXPECT_EQ(interpreters_named(of).size(), 0U) << row.summary;
  }
  EXPECT_EQ(interpreters_named(Json("x")).size(), 0U);
}

}  // namespace
}  // namespace ashlar::attest
