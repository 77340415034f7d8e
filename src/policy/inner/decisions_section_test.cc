#include "policy/inner/decisions_section.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "policy/policy.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::policy {
namespace {

std::string words(const std::vector<scan::DecisionRule>& rules) {
  std::string out;
  for (const scan::DecisionRule& each : rules) {
    out += fmt::format("[{}{}", each.when ? each.when->text + " " : "", each.people);
    if (!each.by.empty()) out += fmt::format(" of {}", fmt::join(each.by, ","));
    if (each.at_most) out += fmt::format(" {} s", *each.at_most);
    out += "]";
  }
  return out;
}
std::string words(const scan::DecisionRules& rules) {
  std::string out = words(rules.exceptions) + " / " + words(rules.assessments);
  for (const auto& [key, person] : rules.person_of) out += fmt::format(" {}={}", key, person);
  return out;
}

struct Good { const char *summary, *text, *says; };
constexpr Good good[] = {
    {"nothing", "decisions: {}\n", " / "},
    {"no rules", "decisions: {exceptions: [], assessments: []}\n", " / "},
    {"so many people", "decisions: {exceptions: [{people: 2}]}\n", "[2] / "},
    {"for some findings", "decisions:\n  assessments:\n    - {when: 'high,fixable', people: 1}\n    - {when: kev, people: 16}\n", " / [high,fixable 1][kev 16]"},
    {"by some people", "decisions: {exceptions: [{by: [bob, alice]}, {people: 2, by: [alice, bob, carol]}]}\n", "[1 of alice,bob][2 of alice,bob,carol] / "},
    {"for a time", "decisions: {exceptions: [{at-most: 90d}, {when: critical, people: 2, at-most: 36h}]}\n", "[0 7776000 s][critical 2 129600 s] / "},
    {"people with keys", "decisions: {keys: {alice: [a1, a2], bob: [b]}}\n", " /  a1=alice a2=alice b=bob"},
};

TEST(DecisionsSection, SaysWhatItSays) {
  for (const Good& row : good) {
    const auto policy = read_policy(row.text, "policy.yaml");
    ASSERT_TRUE(policy) << row.summary << ": " << policy.error().message;
    EXPECT_EQ(words(policy->decisions), row.says) << row.summary;
  }
  EXPECT_TRUE(read_policy("gate: {}\n", "policy.yaml").value().decisions.empty()) << "by default nothing is asked";
}

struct Bad {
  const char *summary, *text, *says;
  bool schema = true;  ///< the schema refuses it, too
};
constexpr Bad bad[] = {
    {"nothing", "decisions:\n", "a mapping is expected here"},
    {"an unknown key", "decisions: {exception: []}\n", "unknown key 'exception'"},
    {"one rule, no list", "decisions: {exceptions: {people: 1}}\n", "a list of rules is expected here"},
    {"a rule that is none", "decisions: {exceptions: [two]}\n", "a mapping is expected here"},
    {"an unknown key of a rule", "decisions: {exceptions: [{people: 1, persons: 2}]}\n", "unknown key 'persons'"},
    {"a rule of nothing", "decisions: {exceptions: [{when: critical}]}\n", "the rule asks for nothing"},
    {"findings that are none", "decisions: {assessments: [{when: bad, people: 1}]}\n", "'bad' is no severity"},
    {"nobody", "decisions: {assessments: [{people: 0}]}\n", "'0' is no number of people"},
    {"too many", "decisions: {assessments: [{people: 17}]}\n", "'17' is no number of people"},
    {"people in words", "decisions: {assessments: [{people: two}]}\n", "'two' is no number of people"},
    {"fewer names than people", "decisions: {exceptions: [{people: 3, by: [alice, bob]}]}\n", "3 people are asked for, and 'by' names 2", false},
    {"one name, no list", "decisions: {exceptions: [{by: alice}]}\n", "a list of names is expected here"},
    {"a list of nobody", "decisions: {exceptions: [{by: []}]}\n", "a list of names is expected here"},
    {"a name of nothing", "decisions: {exceptions: [{by: ['']}]}\n", "a name is expected here"},
    {"an end of an assessment", "decisions: {assessments: [{people: 1, at-most: 1d}]}\n", "unknown key 'at-most'"},
    {"a length that is none", "decisions: {exceptions: [{at-most: soon}]}\n", "'soon' is no length of time"},
    {"no time at all", "decisions: {exceptions: [{at-most: 0d}]}\n", "'0d' is no length of time"},
    {"keys as a list", "decisions: {keys: [alice]}\n", "people with the names of their keys are expected here"},
    {"a key of two people", "decisions: {keys: {alice: [a], bob: [a]}}\n", "the key 'a' is that of 'alice' already", false},
};

TEST(DecisionsSection, EveryFaultIsNamed) {
  for (const Bad& row : bad) {
    const auto policy = read_policy(row.text, "policy.yaml");
    ASSERT_FALSE(policy) << row.summary;
    ASSERT_EQ(policy.error().faults.size(), 1U) << row.summary;
    EXPECT_NE(policy.error().faults[0].message.find(row.says), std::string::npos) << row.summary << ": " << policy.error().faults[0].message;
  }
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(DecisionsSchema, TakesAndRefusesWhatTheReaderDoes) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/policy.schema.json");
  std::string why;
  const auto takes = [&](std::string text) { return schema.takes(value_of(parse_yaml(std::move(text), "policy.yaml").value().root), &why); };
  for (const Good& row : good) EXPECT_TRUE(takes(row.text)) << row.summary << ": " << why;
  for (const Bad& row : bad) EXPECT_EQ(takes(row.text), !row.schema) << row.summary;
}
#endif

}  // namespace
}  // namespace ashlar::policy
