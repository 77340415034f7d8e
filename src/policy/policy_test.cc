#include "policy/policy.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "base/yaml.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::policy {
namespace {

std::string shipped() {
  std::ifstream file(std::string(ASHLAR_SOURCE_DIR) + "/policies/default.yaml", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// `proofs run-tests coverage: rules`, of what is asked for.
std::string words(const GateRules& gate) {
  std::vector<std::string> texts;
  for (const scan::GateRule& each : gate.stop_on) texts.push_back(each.text);
  std::string accepted;
  for (const AcceptedChange& each : gate.accept) accepted += fmt::format(" [{} {}: {}]", each.id, each.subject, each.reason);
  return fmt::format("{}{}{}{}: {}{}", gate.proofs ? "proofs " : "", gate.run_tests ? "run-tests " : "", gate.coverage ? "coverage" : "", gate.behaviour ? "" : " no-behaviour", join(texts, " "), accepted);
}

constexpr const char* all_of_it = "proofs run-tests coverage: fixable critical";

TEST(Policy, WhatShipsIsTheDefault) {
  const auto policy = read_policy(shipped(), "default.yaml");
  ASSERT_TRUE(policy) << policy.error().message;
  EXPECT_EQ(words(policy->gate), words(default_gate()));
  EXPECT_EQ(policy->path, "default.yaml");
  EXPECT_EQ(words(Policy().gate), all_of_it);
  // Each of its keys is written out, so that a reader of it sees all there is.
  for (const char* key : {"proofs: true", "run-tests: true", "coverage: true", "behaviour: true", "stop-on: [fixable, critical]"}) EXPECT_NE(shipped().find(key), std::string::npos) << key;
}

struct Good {
  const char *summary, *text, *gate;
};

constexpr Good good[] = {
    {"nothing", "", all_of_it},
    {"a remark", "# none\n", all_of_it},
    {"a section that says nothing", "gate: {}\n", all_of_it},
    {"no proofs", "gate: {proofs: false}\n", "run-tests coverage: fixable critical"},
    {"no run tests", "gate: {run-tests: false}\n", "proofs coverage: fixable critical"},
    {"what was not judged passes", "gate: {coverage: false}\n", "proofs run-tests : fixable critical"},
    {"what is the default, said", "gate: {proofs: true, run-tests: true, coverage: true}\n", all_of_it},
    {"other rules", "gate:\n  stop-on: [high, kev]\n", "proofs run-tests coverage: high kev"},
    {"conditions that all hold", "gate:\n  stop-on: ['high,fixable']\n", "proofs run-tests coverage: high,fixable"},
    {"a likelihood", "gate:\n  stop-on:\n    - epss=0.1\n    - unrated,kev\n", "proofs run-tests coverage: epss=0.1 unrated,kev"},
    {"no finding stops it", "gate: {stop-on: []}\n", "proofs run-tests coverage: "},
    {"behaviour is not asked for", "gate: {behaviour: false}\n", "proofs run-tests coverage no-behaviour: fixable critical"},
    {"behaviour as it is by default", "gate: {behaviour: true}\n", all_of_it},
    {"nothing is accepted", "gate: {behaviour: {accept: []}}\n", all_of_it},
    {"a change is accepted", "gate:\n  behaviour:\n    accept:\n      - {id: port-gone, subject: 8080/tcp, reason: moved}\n", "proofs run-tests coverage: fixable critical [port-gone 8080/tcp: moved]"},
    {"all of one kind, and all of one place", "gate:\n  behaviour:\n    accept:\n      - {id: file-gone, reason: a}\n      - {subject: /usr/share/x/*, reason: b}\n", "proofs run-tests coverage: fixable critical [file-gone : a] [ /usr/share/x/*: b]"},
    {"nothing is asked", "gate: {proofs: false, run-tests: false, coverage: false, stop-on: []}\n", ": "},
};

TEST(Policy, WhatItSaysHoldsAndTheRestIsTheDefault) {
  for (const Good& row : good) {
    const auto policy = read_policy(row.text, "policy.yaml");
    ASSERT_TRUE(policy) << row.summary << ": " << policy.error().message;
    EXPECT_EQ(words(policy->gate), row.gate) << row.summary;
  }
}

struct Bad {
  const char *summary, *text;
  int line;
  const char *says, *hint;
};

constexpr Bad bad[] = {
    {"an unknown section", "gates: {}\n", 1, "unknown key 'gates'", "did you mean 'gate'?"},
    {"a section of a later version", "gate: {}\nclusters: {}\n", 2, "unknown key 'clusters'", "there are gate, verify, sla, decisions, bases, findings, content, proofs, environments"},
    {"an unknown key", "gate:\n  prooofs: true\n", 2, "unknown key 'prooofs'", "did you mean 'proofs'?"},
    {"a key with the other sign", "gate:\n  run_tests: false\n", 2, "unknown key 'run_tests'", "did you mean 'run-tests'?"},
    {"a list in the place of all", "- gate\n", 1, "a mapping is expected here", ""},
    {"a text in the place of a section", "gate: strict\n", 1, "a mapping is expected here", ""},
    {"a section without anything", "gate:\n", 1, "a mapping is expected here", ""},
    {"neither true nor false", "gate:\n  proofs: maybe\n", 2, "'maybe' is neither true nor false", ""},
    {"a number for a flag", "gate:\n  coverage: 1\n", 2, "'1' is neither true nor false", ""},
    {"one rule, no list", "gate:\n  stop-on: critical\n", 2, "a list of rules is expected here", "stop-on: [fixable, critical]"},
    {"a rule that is none", "gate:\n  stop-on: [fixable, bad]\n", 2, "'bad' is no severity", ""},
    {"an empty rule", "gate:\n  stop-on: ['']\n", 2, "'' is no severity", ""},
    {"a list in a list", "gate:\n  stop-on: [[high]]\n", 2, "'' is no severity", ""},
    {"a likelihood of nothing", "gate:\n  stop-on: [epss=0]\n", 2, "'epss=0' is no likelihood", ""},
    {"behaviour in words", "gate:\n  behaviour: strict\n", 2, "'strict' is neither true nor false", ""},
    {"an unknown key of behaviour", "gate:\n  behaviour:\n    excuse: []\n", 3, "unknown key 'excuse'", "there are accept"},
    {"one change, no list", "gate:\n  behaviour:\n    accept: {id: file-gone, reason: a}\n", 3, "a list of changes is expected here", "accept: [{id: file-gone, subject: /usr/share/x, reason: nobody read it}]"},
    {"accepted without a reason", "gate:\n  behaviour:\n    accept:\n      - {id: file-gone}\n", 4, "it has no reason", ""},
    {"an empty reason", "gate:\n  behaviour:\n    accept:\n      - {id: file-gone, reason: ''}\n", 4, "a text is expected here", ""},
    {"whatever changes", "gate:\n  behaviour:\n    accept:\n      - {reason: a}\n", 4, "it names no change", ""},
    {"rated and not", "gate:\n  stop-on: ['high,unrated']\n", 2, "asks for a severity and for none", ""},
};

TEST(Policy, EveryFaultHasItsPlace) {
  for (const Bad& row : bad) {
    const auto policy = read_policy(row.text, "policy.yaml");
    ASSERT_FALSE(policy) << row.summary;
    EXPECT_EQ(policy.error().kind, Kind::Invalid) << row.summary;
    EXPECT_EQ(policy.error().message, "cannot read policy 'policy.yaml': it has faults") << row.summary;
    ASSERT_EQ(policy.error().faults.size(), 1U) << row.summary;
    const Fault& fault = policy.error().faults[0];
    EXPECT_EQ(fault.line, row.line) << row.summary;
    EXPECT_NE(fault.message.find(row.says), std::string::npos) << row.summary << ": " << fault.message;
    EXPECT_EQ(fault.hint, row.hint) << row.summary;
  }
  const auto two = read_policy("gate:\n  proofs: x\n  stop-on: [y, z]\n", "policy.yaml");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().faults.size(), 3U) << "all faults at once";
  EXPECT_FALSE(read_policy("gate: [\n", "policy.yaml")) << "no YAML";
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(PolicySchema, TakesAndRefusesWhatTheReaderDoes) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/policy.schema.json");
  const auto takes = [&](std::string text, std::string& why) { return schema.takes(value_of(parse_yaml(std::move(text), "policy.yaml").value().root), &why); };
  std::string why;
  EXPECT_TRUE(takes(shipped(), why)) << why;
  for (const Good& row : good) EXPECT_TRUE(takes(row.text, why)) << row.summary << ": " << why;
  for (const Bad& row : bad) EXPECT_FALSE(takes(row.text, why)) << row.summary;
}

TEST(PolicySchema, SaysTheDefaults) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/policy.schema.json");
  const auto& keys = schema.text()["properties"]["gate"]["properties"];
  const GateRules rules = default_gate();
  EXPECT_EQ(keys["proofs"]["default"], rules.proofs);
  EXPECT_EQ(keys["run-tests"]["default"], rules.run_tests);
  EXPECT_EQ(keys["coverage"]["default"], rules.coverage);
  EXPECT_EQ(keys["behaviour"]["default"], rules.behaviour);
  std::vector<std::string> texts;
  for (const scan::GateRule& each : rules.stop_on) texts.push_back(each.text);
  EXPECT_EQ(keys["stop-on"]["default"], texts);
}
#endif

}  // namespace
}  // namespace ashlar::policy
