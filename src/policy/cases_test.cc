#include "policy/cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::policy {
namespace {

const std::filesystem::path shipped = std::filesystem::path(ASHLAR_SOURCE_DIR) / "policies";

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> shipped_cases() {
  std::vector<std::filesystem::path> out = {shipped / "control.cases.yaml"};
  for (const auto& each : std::filesystem::directory_iterator(shipped / "examples")) out.push_back(each.path());
  std::ranges::sort(out);
  return out;
}

std::string faults_of(const Error& error) {
  std::string out = error.message;
  for (const Fault& each : error.faults) out += "\n" + to_string(each);
  return out;
}

Policy policy_of(const CaseFile& file) {
  if (file.own) return *file.own;
  auto read = read_policy(content_of(shipped / "control.yaml"), "control.yaml");
  EXPECT_TRUE(read) << faults_of(read.error());
  return read ? std::move(*read) : Policy();
}

TEST(ShippedCases, EachIsAsItSays) {
  size_t all = 0;
  std::set<std::string> sections;
  for (const auto& path : shipped_cases()) {
    const auto file = read_cases(content_of(path), path.filename().string());
    ASSERT_TRUE(file) << faults_of(file.error());
    const Policy policy = policy_of(*file);
    for (const Case& each : file->cases) {
      const CaseResult result = run(policy, each);
      EXPECT_EQ(join(result.wrong, "; "), "") << path.filename() << ":" << each.line << ": " << each.summary;
      for (const Reason& reason : result.reasons) sections.insert(reason.section + " " + std::string(to_string(reason.answer)));
      ++all;
    }
  }
  EXPECT_GE(all, 200U);
  // Each section has answered in each way.
  for (const char* section : {"bases", "verify", "findings", "content", "proofs"}) {
    for (const char* answer : {"allowed", "denied", "unknown"}) EXPECT_TRUE(sections.contains(fmt::format("{} {}", section, answer))) << section << " " << answer;
  }
}

TEST(ShippedCases, EveryReasonSaysWhatAndEveryRefusalWhatToDo) {
  for (const auto& path : shipped_cases()) {
    const auto file = read_cases(content_of(path), path.filename().string());
    ASSERT_TRUE(file);
    const Policy policy = policy_of(*file);
    for (const Case& each : file->cases) {
      for (const Reason& reason : run(policy, each).reasons) {
        if (reason.rule == "pending") continue;
        SCOPED_TRACE(fmt::format("{}:{}: {} {}/{}", path.filename().string(), each.line, to_string(reason.answer), reason.section, reason.rule));
        EXPECT_FALSE(reason.what.empty());
        EXPECT_EQ(reason.remedy.empty(), reason.answer == Answer::Allowed);
        EXPECT_EQ(reason.what.find('\n'), std::string::npos);
        EXPECT_FALSE(reason.what.ends_with('.'));
      }
    }
  }
}

TEST(ShippedCases, AnswerTheSameEachTimeAndWhateverTheOrderOfProofs) {
  for (const auto& path : shipped_cases()) {
    const auto file = read_cases(content_of(path), path.filename().string());
    ASSERT_TRUE(file);
    const Policy policy = policy_of(*file);
    for (const Case& each : file->cases) {
      const CaseResult first = run(policy, each);
      EXPECT_EQ(first.reasons, run(policy, each).reasons);
      Case turned = each;
      std::ranges::reverse(turned.facts.proofs);
      EXPECT_EQ(first.answer, run(policy, turned).answer) << each.summary;
    }
  }
}

/// What is taken away from the facts never turns a refusal into an admission.
TEST(ShippedCases, LessKnownIsNeverMoreAllowed) {
  for (const auto& path : shipped_cases()) {
    const auto file = read_cases(content_of(path), path.filename().string());
    ASSERT_TRUE(file);
    const Policy policy = policy_of(*file);
    for (const Case& each : file->cases) {
      if (each.reference || each.expected == Answer::Allowed) continue;
      std::vector<Case> lesser(7, each);
      lesser[0].facts.proofs.clear();
      lesser[1].report.reset();
      lesser[2].facts.signatures.reset();
      lesser[3].facts.base = {};
      lesser[4].facts.base.signatures.reset(), lesser[4].facts.base.vendor_signatures.reset();
      lesser[5].facts.base.created.reset();
      lesser[6].facts.base.supported_until.reset(), lesser[6].selected.reset();  // both say until when, and the earlier counts
      for (size_t at = 0; at < lesser.size(); ++at) EXPECT_NE(run(policy, lesser[at]).answer, Answer::Allowed) << path.filename() << ":" << each.line << ": " << each.summary << ", without " << at;
    }
  }
}

/// The blocks in YAML of a page are what the readers take.
TEST(Pages, ShowWhatIsRead) {
  size_t blocks = 0;
  for (const char* name : {"policy-bases.md", "policy-findings.md", "policy-cases.md"}) {
    const std::string page = content_of(std::filesystem::path(ASHLAR_SOURCE_DIR) / "docs" / "formats" / name), fence = "```yaml\n";
    ASSERT_FALSE(page.empty()) << name;
    for (size_t at = page.find(fence); at != std::string::npos; at = page.find(fence, at)) {
      at += fence.size();
      const std::string block = page.substr(at, page.find("```\n", at) - at);
      ++blocks;
      if (block.find("cases:") != std::string::npos) {
        const auto read = read_cases(block, name);
        EXPECT_TRUE(read) << (read ? "" : faults_of(read.error()));
      } else {
        const auto read = read_policy(block, name);
        EXPECT_TRUE(read) << (read ? "" : faults_of(read.error()));
      }
    }
  }
  EXPECT_EQ(blocks, 5U);
}

constexpr const char* small = "policy: {proofs: [no-shell]}\nfacts: {now: 2026-11-24}\ncases:\n";

TEST(Cases, AMismatchIsSaid) {
  struct Row { const char *summary, *text, *wrong; };
  const Row rows[] = {
      {"as it says", "  - {summary: a, expect: unknown, because: [proofs/no-shell]}\n", ""},
      {"another verdict", "  - {summary: a, expect: allowed}\n", "it is unknown, not allowed; it is also unknown proofs/no-shell"},
      {"another rule", "  - {summary: a, expect: unknown, because: [proofs/nonroot]}\n", "it is not unknown proofs/nonroot; it is also unknown proofs/no-shell"},
      {"another answer of the rule", "  - {summary: a, expect: unknown, because: [unknown proofs/no-shell, denied proofs/no-shell]}\n", "it is not denied proofs/no-shell"},
      {"what holds need not be said", "  - {summary: a, expect: allowed, proofs: {no-shell: held}}\n", ""},
      {"what does not hold is not said to hold", "  - {summary: a, expect: denied, proofs: {no-shell: failed}, because: [allowed proofs/no-shell, proofs/no-shell]}\n", "it is not allowed proofs/no-shell"},
      {"a reference, and nothing on bases", "  - {summary: a, expect: denied, because: [bases/default], reference: {repository: registry.example/x}}\n", "the policy has no section 'bases'"},
      {"a reference in no environment", "  - {summary: a, expect: denied, because: [bases/default], environment: moon, reference: {repository: registry.example/x}}\n", "the policy has no such environment"},
  };
  for (const Row& row : rows) {
    const auto file = read_cases(std::string(small) + row.text, "x.cases.yaml");
    ASSERT_TRUE(file) << row.summary << ": " << faults_of(file.error());
    EXPECT_EQ(join(run(*file->own, file->cases.at(0)).wrong, "; "), row.wrong) << row.summary;
  }
}

TEST(Cases, WhatTheFileSaysHoldsWhereACaseIsSilent) {
  const auto file = read_cases("facts: {now: 2026-11-24, environment: dev, base: {repository: registry.example/x, tag: '1', created: 2026-01-01}, proofs: {a: held, b: failed}, signed: true}\ncases:\n"
                               "  - {summary: all, expect: allowed}\n  - {summary: some, expect: allowed, environment: prod, base: {tag: '2'}, proofs: {b: not-run}, signed: r}\n  - {summary: none, expect: allowed, base: none}\n",
                               "x.cases.yaml");
  ASSERT_TRUE(file) << faults_of(file.error());
  const Case &all = file->cases[0], &some = file->cases[1];
  EXPECT_EQ(all.environment, "dev");
  EXPECT_EQ(some.environment, "prod");
  EXPECT_EQ(all.facts.base.tags, std::vector<std::string>{"1"});
  EXPECT_EQ(some.facts.base.tags, std::vector<std::string>{"2"});
  EXPECT_EQ(some.facts.base.repository, "registry.example/x");
  EXPECT_EQ(some.facts.base.created, all.facts.base.created);
  EXPECT_EQ(some.facts.signatures->rule, "r");
  ASSERT_EQ(some.facts.proofs.size(), 2U);
  EXPECT_EQ(some.facts.proofs[0].id, "b") << "its own first";
  EXPECT_EQ(some.facts.proofs[0].answer, Checked::Answer::NotRun);
  EXPECT_EQ(file->cases[2].facts.base.how, BaseFacts::How::None);
  EXPECT_EQ(all.line, 3);
}

TEST(Cases, ABaseHasOneTagOrSeveral) {
  const auto file = read_cases("facts: {now: 2026-11-24, base: {repository: registry.example/x, tag: '1'}}\ncases:\n  - {summary: one, expect: allowed}\n  - {summary: two, expect: allowed, base: {tag: [a, b]}}\n  - {summary: none, expect: allowed, base: {tag: ''}}\n", "x.cases.yaml");
  ASSERT_TRUE(file) << faults_of(file.error());
  const std::vector<std::string> wanted[] = {{"1"}, {"a", "b"}, {}};
  for (size_t at = 0; at < 3; ++at) EXPECT_EQ(file->cases[at].facts.base.tags, wanted[at]) << file->cases[at].summary;
}

TEST(Cases, EveryFaultHasItsPlace) {
  struct Row { const char* summary; std::string text; int line; const char* says; };
  const auto one = [](const char* rest) { return std::string(small) + "  - {summary: a, expect: allowed, " + rest + "}\n"; };
  const Row rows[] = {
      {"no cases", "policy: {}\n", 1, "'cases' is missing"},
      {"cases that are no list", "cases: 1\n", 1, "a list of cases is expected here"},
      {"an unknown key of the file", "case: []\ncases: []\n", 1, "unknown key 'case'"},
      {"an unknown fact", "facts: {image_name: x}\ncases: []\n", 1, "unknown key 'image_name'"},
      {"a policy with faults", "policy: {proofs: [no-shel]}\ncases: []\n", 1, "there is no check 'no-shel'"},
      {"an unknown key of a case", one("sumary: x"), 4, "unknown key 'sumary'"},
      {"no summary", std::string(small) + "  - {expect: allowed}\n", 4, "a case has a 'summary'"},
      {"no verdict", std::string(small) + "  - {summary: a}\n", 4, "'expect' is missing"},
      {"another verdict", std::string(small) + "  - {summary: a, expect: maybe}\n", 4, "'maybe' is none of allowed, denied, unknown"},
      {"a refusal without a rule", std::string(small) + "  - {summary: a, expect: denied}\n", 4, "it says no rule that makes it denied"},
      {"a rule without a section", one("because: [no-shell]"), 4, "a section and a rule are expected here"},
      {"no time", "cases: [{summary: a, expect: allowed}]\n", 1, "'now' is missing"},
      {"a time that is none", one("now: yesterday"), 4, "yesterday"},
      {"a base without a name", one("base: {tag: '1'}"), 4, "a base has a 'repository'"},
      {"an unknown key of a base", one("base: {repository: a, name: b}"), 4, "unknown key 'name'"},
      {"layers that are no number", one("base: {repository: a, layers: many}"), 4, "'many' is no number"},
      {"a signature that is none", one("signed: []"), 4, "true, false, unknown or the name of a rule"},
      {"another answer of a proof", one("proofs: {no-shell: good}"), 4, "'good' is none of held, failed, not-run, excused, inapplicable"},
      {"findings that are no list", one("findings: CVE-1"), 4, "a list of findings is expected here"},
      {"a finding of nothing", one("findings: [CVE-1]"), 4, "a finding is its identifier, its package"},
      {"a word that says nothing", one("findings: [CVE-1 a heavy]"), 4, "'heavy' says nothing of a finding"},
      {"an exception without an end", one("findings: [CVE-1 a high excepted=alice]"), 4, "'excepted=alice' says nothing of a finding"},
      {"a likelihood that is none", one("findings: [CVE-1 a high epss=x]"), 4, "'epss=x' says nothing of a finding"},
      {"a reference without a name", one("reference: {tag: '1'}"), 4, "a reference has a 'repository'"},
      {"a selection that is no list", one("reference: {repository: a}, selection: x"), 4, "a list of bases is expected here"},
      {"an unknown key of the scan", one("scan: {feed: x}"), 4, "unknown key 'feed'"},
  };
  for (const Row& row : rows) {
    const auto file = read_cases(row.text, "x.cases.yaml");
    ASSERT_FALSE(file) << row.summary;
    EXPECT_EQ(file.error().message, "cannot read cases 'x.cases.yaml': it has faults") << row.summary;
    const auto found = std::ranges::find_if(file.error().faults, [&](const Fault& each) { return each.message.find(row.says) != std::string::npos; });
    ASSERT_NE(found, file.error().faults.end()) << row.summary << ": " << faults_of(file.error());
    EXPECT_EQ(found->line, row.line) << row.summary;
  }
  const auto twice = read_cases(std::string(small) + "  - {summary: a, expect: allowed}\n  - {summary: a, expect: allowed}\n", "x.cases.yaml");
  ASSERT_FALSE(twice);
  EXPECT_NE(faults_of(twice.error()).find("another case is called 'a'"), std::string::npos);
}

}  // namespace
}  // namespace ashlar::policy
