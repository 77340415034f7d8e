#include "scan/backing.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scan/exceptions.h"
#include "scan/statements.h"

namespace ashlar::scan {
namespace {

using advisory::Severity;
constexpr std::int64_t day = 86400;

GateRule rule(std::string_view text) { return parse_gate_rule(text).value(); }
Finding finding(Severity severity, bool exploited = false) {
  Finding out{.id = "CVE-2026-1", .component = {.type = "deb", .name = "libssl3", .version = "1", .source = "openssl"}, .severity = severity};
  if (exploited) out.exploited = advisory::Exploited{"CVE-2026-1", {}, {}, false};
  return out;
}

TEST(Shortfall, IsWhatARuleAsksForAndIsNotThere) {
  struct Row {
    std::string_view summary;
    std::vector<DecisionRule> rules;
    Backing backing;
    Finding finding;
    std::int64_t days;
    std::string_view why;
  };
  const Row rows[] = {
      {"no rule asks for nothing", {}, {}, finding(Severity::Critical, true), 1000, ""},
      {"one person, one signature", {{.people = 1}}, {{"alice"}}, finding(Severity::Low), 1, ""},
      {"one person, none", {{.people = 1}}, {}, finding(Severity::Low), 1, "is signed by 0 of the 1 person that the policy asks for"},
      {"two people, one signature", {{.people = 2}}, {{"alice"}}, finding(Severity::Low), 1, "is signed by 1 of the 2 people that the policy asks for (alice)"},
      {"two people, both", {{.people = 2}}, {{"alice", "bob"}}, finding(Severity::Low), 1, ""},
      {"two keys of one person are one", {{.people = 2}}, {{"alice", "alice-new"}}, finding(Severity::Low), 1, "is signed by 1 of the 2 people that the policy asks for (alice)"},
      {"a rule for others", {{.when = rule("critical"), .people = 2}}, {}, finding(Severity::High), 1, ""},
      {"a rule for this and heavier ones", {{.when = rule("high"), .people = 1}}, {}, finding(Severity::Critical), 1, "is signed by 0 of the 1 person that the policy asks for where `high` holds"},
      {"what is exploited", {{.when = rule("kev"), .people = 1}}, {}, finding(Severity::Low, true), 1, "is signed by 0 of the 1 person that the policy asks for where `kev` holds"},
      {"what is not", {{.when = rule("kev"), .people = 1}}, {}, finding(Severity::Low), 1, ""},
      {"each rule is asked", {{.people = 1}, {.when = rule("high"), .people = 2}}, {{"bob"}}, finding(Severity::High), 1, "is signed by 1 of the 2 people that the policy asks for where `high` holds (bob)"},
      {"somebody who may not", {{.people = 1, .by = {"alice", "carol"}}}, {{"bob"}}, finding(Severity::Low), 1, "is signed by 0 of the 1 person that the policy asks for; bob may not"},
      {"one who may and one who may not", {{.people = 2, .by = {"alice", "carol"}}}, {{"alice-new", "bob"}}, finding(Severity::Low), 1, "is signed by 1 of the 2 people that the policy asks for (alice); bob may not"},
      {"what does not count is named", {{.people = 1}}, {{}, {"'alice' is revoked"}}, finding(Severity::Low), 1, "is signed by 0 of the 1 person that the policy asks for; 'alice' is revoked"},
      {"as long as it may", {{.at_most = 30 * day}}, {}, finding(Severity::Low), 30, ""},
      {"longer", {{.when = rule("low"), .at_most = 30 * day}}, {{"alice"}}, finding(Severity::Low), 31, "runs for 31 days, and the policy allows 30 days where `low` holds"},
  };
  const DecisionRules people{.person_of = {{"alice-new", "alice"}}};
  for (const Row& row : rows) EXPECT_EQ(shortfall(row.rules, people, row.backing, row.finding, row.days * day), row.why) << row.summary;
  EXPECT_EQ(shortfall(std::vector<DecisionRule>{{.at_most = day}}, {}, {}, finding(Severity::Low)), "") << "a statement runs for no time";
}

struct Counted : ::testing::Test {
  Report report{.now = Time{1000 * day}, .distribution = {"debian", "13", "Debian:13", {}}, .database = {}};
  void SetUp() override { report.findings = {finding(Severity::High)}; }
  const Finding& only() const { return report.findings.front(); }
  static DecisionRules one_person() { return {.exceptions = {{.people = 1}}, .assessments = {{.people = 1}}, .person_of = {}}; }
};

TEST_F(Counted, ADecisionCountsWithWhoMustHaveSigned) {
  Exception exception{.id = "E-1", .vulnerability = "CVE-2026-1", .package = "openssl", .owner = "team", .reason = "r", .created = Time{999 * day}, .expires = Time{1010 * day}, .severity = Severity::High};
  apply(std::span(&exception, 1), report.now, {}, report);
  EXPECT_EQ(only().status, Status::Excepted) << "nothing is asked";
  SetUp();
  apply(std::span(&exception, 1), report.now, {}, report, one_person());
  EXPECT_EQ(only().status, Status::Affected);
  EXPECT_EQ(only().reason, "open again: decision E-1 of 'team' is signed by 0 of the 1 person that the policy asks for");
  ASSERT_EQ(only().proof.size(), 2U);
  EXPECT_EQ(only().proof[0].kind, "decision");
  EXPECT_EQ(only().proof[1], (Step{"decision", "`ashlar except sign E-1 --key KEY` (E-1 is signed by 0 of the 1 person that the policy asks for)"})) << "what it waits for";
  SetUp();
  DecisionRules shorter = one_person();
  shorter.exceptions.front().at_most = 7 * day;
  apply(std::span(&exception, 1), report.now, {}, report, shorter);
  EXPECT_EQ(only().proof.size(), 1U) << "no signature helps one that runs for too long";
  SetUp();
  exception.backing.keys = {"alice"};
  apply(std::span(&exception, 1), report.now, {}, report, one_person());
  EXPECT_EQ(only().status, Status::Excepted);
}

TEST_F(Counted, AStatementThatAcquitsCountsWithWhoMustHaveSigned) {
  using attest::VexStatus;
  struct Row {
    std::string_view summary;
    VexStatus status;
    Backing backing;
    Status want;
    std::string_view reason;
  };
  const Row rows[] = {
      {"signed", VexStatus::NotAffected, {{"alice"}}, Status::NotAffected, "'Team': component_not_present"},
      {"not signed", VexStatus::NotAffected, {}, Status::Affected, "open again: the statement of 'Team' is signed by 0 of the 1 person that the policy asks for"},
      {"fixed, not signed", VexStatus::Fixed, {}, Status::Affected, "open again: the statement of 'Team' is signed by 0 of the 1 person that the policy asks for"},
      {"what does not acquit needs nobody", VexStatus::UnderInvestigation, {}, Status::UnderInvestigation, "'Team': component_not_present"},
      {"a proof that has fallen", VexStatus::NotAffected, {{"alice"}, {}, "'/usr/bin/x' is in the image"}, Status::Affected, "open again: the statement of 'Team' has lost its proof: '/usr/bin/x' is in the image"},
  };
  for (const Row& row : rows) {
    SetUp();
    Statements statements{.source = "vex.json", .document = {.format = "openvex", .author = "Team"}};
    statements.document.statements = {{.vulnerability = "CVE-2026-1", .status = row.status, .justification = "component_not_present", .products = {{"pkg:deb/debian/openssl", {}}}}};
    statements.backing = {row.backing};
    apply(std::span(&statements, 1), {}, report, one_person());
    EXPECT_EQ(only().status, row.want) << row.summary;
    EXPECT_EQ(only().reason, row.reason) << row.summary;
    ASSERT_EQ(only().proof.size(), 1U) << row.summary;
    EXPECT_EQ(only().proof[0].text.find("not applied") != std::string::npos, row.want == Status::Affected) << row.summary << only().proof[0].text;
  }
}

TEST_F(Counted, AnotherStatementStillAnswers) {
  Statements statements{.source = "vex.json", .document = {.format = "openvex", .author = "Team"}};
  for (int count = 0; count < 2; ++count) statements.document.statements.push_back({.vulnerability = "CVE-2026-1", .status = attest::VexStatus::NotAffected, .justification = "component_not_present", .products = {{"pkg:deb/debian/openssl", {}}}});
  statements.backing = {{{}, {}, "'/x' is in the image"}, {}};
  apply(std::span(&statements, 1), {}, report);
  EXPECT_EQ(only().status, Status::NotAffected) << "the one that fell takes nothing from the other";
}

TEST(Exceptions, KeepTheirSignaturesAndSignAllButThem) {
  Exception one{.id = "E-1", .vulnerability = "CVE-2026-1", .owner = "o", .reason = "r", .created = Time{day}, .expires = Time{2 * day}};
  const Json plain = signed_part(one);
  one.signatures = {{"sha256:1", "abc"}};
  one.revoked = Time{day + 1};
  EXPECT_EQ(signed_part(one), plain) << "neither the signatures nor what takes from it";
  const auto read = read_exceptions(to_pretty(to_json(std::span(&one, 1))), "x");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->front(), one);
  one.expires = Time{3 * day};
  EXPECT_NE(signed_part(one), plain);
  const auto bad = read_exceptions(R"({"schema": "https://ashlar.dev/exceptions/v1", "exceptions": [{"id": "E-1", "vulnerability": "x", "owner": "o", "reason": "r", "created": "2026-01-01", "expires": "2026-02-01", "signatures": [{}]}]})", "x");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("decision 1: "), std::string::npos) << bad.error().message;
}

}  // namespace
}  // namespace ashlar::scan
