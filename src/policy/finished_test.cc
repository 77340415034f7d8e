#include "policy/finished.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "policy/cases.h"
#include "policy/judgement_forms.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::policy {
namespace {

const std::string root = ASHLAR_SOURCE_DIR;

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Policy policy_of(const std::string& text) {
  auto read = read_policy(text, "policy.yaml");
  EXPECT_TRUE(read) << (read ? "" : read.error().faults.empty() ? read.error().message : to_string(read.error().faults[0]));
  return read ? std::move(*read) : Policy();
}

Case case_of(const std::string& text) {
  auto read = read_cases(text, "x.cases.yaml");
  EXPECT_TRUE(read) << (read ? "" : read.error().faults.empty() ? read.error().message : to_string(read.error().faults[0]));
  return read ? std::move(read->cases.at(0)) : Case();
}

/// Everything at once: what the policy's words, the facts and the remedies come to.
Judgement many_things() {
  static const Policy policy = policy_of(content_of(root + "/policies/control.yaml"));
  static const Case each = case_of("cases:\n  - summary: much is wrong\n    expect: unknown\n    because: [bases/ours]\n    now: 2026-11-24T12:00:00Z\n    image: {ref: 'registry.example/shop/cart:7', digest: 'sha256:" + std::string(64, '7') +
                                   "', platform: linux/amd64}\n    base: {repository: registry.example/hardened/python, tag: '3.13', digest: 'sha256:" + std::string(64, 'a') +
                                   "', how: its 3 layers are the image's first, created: 2026-10-01, signed: bases, selected: {from: 2026-09-01, approved-by: platform@example.org}}\n    signed: false\n    scan: {at: 2026-11-20}\n"
                                   "    findings:\n      - CVE-2026-1 libssl3t64 critical base source=openssl fixed=3.5.4 published=2026-10-01 kev\n      - CVE-2026-2 left-pad critical app published=2026-11-23\n"
                                   "      - CVE-2026-3 zlib high base excepted=alice@2026-12-31\n      - CVE-2026-4 curl high base expired=bob fixed=8.9 published=2026-11-01\n      - CVE-2026-5 unzip base published=2026-01-01\n"
                                   "    proofs: {no-shell: excused, no-package-manager: failed, nonroot: held, no-secrets: not-run, no-setuid: held, no-devices: held, no-world-writable: held, entrypoint: held}\n");
  FinishedImage image = each.facts;
  image.report = &*each.report;
  image.base.selected = &*each.selected;
  image.proofs[1].evidence = {"'/usr/bin/apk' is apk\x1b[2J", "'/sbin/dpkg' is dpkg"};
  return judge(policy, image, "production", each.now);
}

TEST(Judgement, SaysAllOfItInTheSameBytes) {
  const std::string text = to_pretty(to_json(many_things()));
  const std::string golden = root + "/tests/data/policy/judgement.json";
  if (std::getenv("ASHLAR_ACCEPT") != nullptr) std::ofstream(golden, std::ios::binary) << text;
  EXPECT_EQ(text, content_of(golden));
  EXPECT_EQ(text, to_pretty(to_json(many_things())));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "who names a file does not move the cursor of who reads of it";
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(Judgement, FitsItsSchema) {
  const SchemaTrial schema(root + "/schemas/judgement.schema.json");
  std::string why;
  EXPECT_TRUE(schema.takes(SchemaTrial::Value::parse(to_compact(to_json(many_things()))), &why)) << why;
  EXPECT_TRUE(schema.takes(SchemaTrial::Value::parse(to_compact(to_json(judge(Policy(), {}, "", Time{0})))), &why)) << why;
  auto bare = SchemaTrial::Value::parse(to_compact(to_json(many_things())));
  for (auto& each : bare["reasons"]) each.erase("remedy");
  EXPECT_FALSE(schema.takes(bare)) << "a refusal says what to do";
}
#endif

TEST(Judgement, ReasonsStandInThePolicysOrder) {
  std::vector<std::string> order;
  for (const Reason& each : many_things().reasons) {
    if (order.empty() || order.back() != each.section) order.push_back(each.section);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"bases", "verify", "findings", "content", "proofs"}));
}

TEST(Judgement, UnknownOutranksDenied) {
  const auto answer = [](std::vector<Answer> answers) {
    std::vector<Reason> reasons;
    for (const Answer each : answers) reasons.push_back({.answer = each});
    return answer_of(reasons);
  };
  using enum Answer;
  EXPECT_EQ(answer({}), Unknown);
  EXPECT_EQ(answer({Allowed}), Allowed);
  EXPECT_EQ(answer({Allowed, Denied}), Denied);
  EXPECT_EQ(answer({Denied, Unknown, Allowed}), Unknown);
  EXPECT_EQ(to_string(Allowed), "allowed");
  EXPECT_EQ(to_string(Denied), "denied");
  EXPECT_EQ(to_string(Unknown), "unknown");
}

TEST(Judgement, ShowsTheWordsOfVerify) {
  const Policy policy = policy_of("verify: {rules: [{name: releases, images: [registry.example/**], signed-by: [release]}]}\n");
  struct Row { const char* summary; VerifyVerdict verdict; Answer answer; const char *rule, *what; };
  const Row rows[] = {
      {"each line of it", {true, "releases", {{"signed-by", "the image is signed by release", true, {}}}}, Answer::Allowed, "releases/signed-by", "the image is signed by release"},
      {"a line that does not hold", {false, "releases", {{"statements", "there is no statement 'x'", false, "make one"}}}, Answer::Denied, "releases/statements", "there is no statement 'x'"},
      {"a rule that asks for nothing", {false, "releases", {}}, Answer::Denied, "releases", "the rule asks for nothing, and so admits nothing"},
      {"a rule that leaves all to the platforms", {true, "releases", {}}, Answer::Allowed, "releases", "the rule admits it"},
      {"no rule", {false, "", {{"images", "no rule names 'x'", false, "write one"}}}, Answer::Denied, "images", "no rule names 'x'"},
  };
  for (const Row& row : rows) {
    FinishedImage image;
    image.signatures = row.verdict;
    const Judgement judgement = judge(policy, image, "", Time{0});
    ASSERT_EQ(judgement.reasons.size(), 1U) << row.summary;
    EXPECT_EQ(judgement.answer, row.answer) << row.summary;
    EXPECT_EQ(judgement.reasons[0].rule, row.rule) << row.summary;
    EXPECT_EQ(judgement.reasons[0].what, row.what) << row.summary;
    EXPECT_EQ(judgement.reasons[0].remedy.empty(), row.answer == Answer::Allowed) << row.summary;
  }
}

TEST(FindingClocks, AreThoseOfTheImageAndItsEnvironment) {
  const auto clock = [](const char* image, const char* cve, const char* environment, Clock::State state, std::int64_t from) {
    Clock out{.image = image, .vulnerability = cve, .package = "openssl", .environment = environment, .state = state};
    out.open.push_back({Time{from}, Time{from + 10}, Severity::High});
    return out;
  };
  const std::vector<Clock> all = {clock("a", "CVE-1", "", Clock::State::Breached, 100), clock("a", "CVE-1", "production", Clock::State::Running, 200), clock("a", "CVE-2", "", Clock::State::Met, 300), clock("b", "CVE-1", "", Clock::State::Running, 400)};
  const FindingClocks outside = clocks_of(all, "a", ""), inside = clocks_of(all, "a", "production"), elsewhere = clocks_of(all, "a", "dev");
  ASSERT_EQ(outside.size(), 2U);
  EXPECT_EQ(outside.at({"CVE-1", "openssl"}).breached, true);
  EXPECT_EQ(outside.at({"CVE-1", "openssl"}).first_seen, Time{100});
  EXPECT_EQ(outside.at({"CVE-2", "openssl"}).breached, false);
  EXPECT_EQ(inside.at({"CVE-1", "openssl"}).breached, false) << "its own clock there";
  EXPECT_EQ(inside.at({"CVE-2", "openssl"}).breached, false) << "it has none of its own there";
  EXPECT_EQ(elsewhere.at({"CVE-1", "openssl"}).breached, true);
  EXPECT_TRUE(clocks_of(all, "c", "").empty());
}

/// Texts that mean to take a reader down: each is refused, or read, in little time, and its error says where.
TEST(HostilePolicies, AreAnsweredInBoundedTime) {
  std::string bomb = "a0: &a0 [x, x]\n";
  for (int at = 1; at < 40; ++at) bomb += "a" + std::to_string(at) + ": &a" + std::to_string(at) + " [*a" + std::to_string(at - 1) + ", *a" + std::to_string(at - 1) + "]\n";
  std::string many = "bases: {rules: [";
  for (int at = 0; at < 20'000; ++at) many += "{name: r" + std::to_string(at) + ", images: x/" + std::to_string(at) + "},";
  struct Row { const char* summary; std::string text; bool is_read; };
  const Row rows[] = {
      {"a sequence a hundred thousand deep", std::string(100'000, '['), false},
      {"a mapping a hundred thousand deep", [] { std::string out; for (int at = 0; at < 100'000; ++at) out += "{a: "; return out; }(), false},
      {"a section deep in itself", "findings: {deny: " + std::string(60, '[') + std::string(60, ']') + "}\n", false},
      {"an alias bomb", bomb, false},
      {"an alias of itself", "bases: &a [*a]\n", false},
      {"a line of two megabytes", "bases: {why: " + std::string(2 << 20, 'x') + "}\n", true},
      {"a key of two megabytes", std::string(2 << 20, 'x') + ": 1\n", false},
      {"a glob of stars", "bases: {rules: [{name: r, images: 'a/" + std::string(100'000, '*') + "'}]}\n", true},
      {"more than four megabytes", "# " + std::string(5 << 20, 'x') + "\n", false},
      {"no UTF-8", "bases: {why: \"\xff\xfe\"}\n", false},
      {"half a character", "bases: {why: \"\xe2\x82\"}\n", false},
      {"a zero", std::string("bases: {why: \"a\0b\"}\n", 21), false},
      {"two documents", "bases: {}\n---\nbases: {}\n", false},
      {"a section twice", "bases: {}\nbases: {}\n", false},
      {"a tag of a language", "bases: !!python/object:os.system {}\n", false},
      {"many rules", many + "]}\n", true},
      {"many faults", "content: {" + [] { std::string out; for (int at = 0; at < 5'000; ++at) out += "k" + std::to_string(at) + ": deny, "; return out; }() + "}\n", false},
  };
  for (const Row& row : rows) {
    const std::clock_t begin = std::clock();  // processor time: whoever else is at work here is no fault of the text's
    const auto read = read_policy(row.text, "policy.yaml");
    const auto cases = read_cases(row.text, "x.cases.yaml");
    EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 5) << row.summary;
    EXPECT_EQ(read.has_value(), row.is_read) << row.summary;
    EXPECT_FALSE(cases.has_value()) << row.summary;
    if (read) continue;
    EXPECT_EQ(read.error().kind, Kind::Invalid) << row.summary;
    EXPECT_FALSE(read.error().message.empty()) << row.summary;
    EXPECT_FALSE(read.error().message.find("policy.yaml") == std::string::npos && read.error().faults.empty()) << row.summary << ": " << read.error().message;
  }
}

}  // namespace
}  // namespace ashlar::policy
