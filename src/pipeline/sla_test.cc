#include "pipeline/sla.h"

#include <gtest/gtest.h>

#include "base/progress.h"
#include "host/memory.h"
#include "host/scratch.h"

namespace ashlar::pipeline {
namespace {

constexpr std::int64_t day = policy::Calendar::day, start = 1'790'000'000;

/// A machine in memory with two presets, and a ledger on disk, for that is where SQLite keeps it.
class SlaTest : public ::testing::Test {
 protected:
  void SetUp() override {
    put("/data/policies/sla/default.yaml", "sla: {starts: first-seen, limits: {critical: 7d}}\n");
    put("/data/policies/sla/strict.yaml", "sla: {source: strict, starts: first-seen, limits: {critical: 1d}}\n");
    put("/data/policies/sla/notes.txt", "");
    put("/project/policy.yaml", "sla: {starts: first-seen, limits: {critical: 2d}}\n");
    put("/project/gate.yaml", "gate: {}\n");
    put("/project/broken.yaml", "sla: {}\n");
    put(path.string(), "");  // the machine in memory is asked whether there is one
    const ledger::Event events[] = {
        {.kind = ledger::Kind::FirstSeen, .at = {start}, .image = "a", .vulnerability = "CVE-1", .facts = {{"severity", "critical"}}},
        {.kind = ledger::Kind::FirstSeen, .at = {start}, .image = "b", .vulnerability = "CVE-1", .facts = {{"severity", "critical"}}},
        {.kind = ledger::Kind::Rescored, .at = {start + day}, .vulnerability = "CVE-1", .facts = {{"severity", "low"}}},
        {.kind = ledger::Kind::Promoted, .at = {start + 3 * day}, .image = "a", .digest = "d"},
        {.kind = ledger::Kind::Promoted, .at = {start + 9 * day}, .image = "a", .digest = "e"},
    };
    ASSERT_TRUE(ledger::Ledger::open(path).value().append(events, {start}));
  }
  void put(const std::string& file, std::string_view text) { ASSERT_TRUE(machine.files.write(file, text, host::Durability::Cache)); }

  host::Scratch scratch;
  const host::Path path = scratch.path() / "ledger.db";
  host::MemoryMachine machine{Time{start + 10 * day}};
  Silence silent;
  Workshop workshop{machine.machine, silent, {"/cache", "/state", "/config"}, "/data", {}, {}};
};

TEST_F(SlaTest, RulesComeFromWhereTheyAreNamed) {
  const struct { const char *summary, *policy, *preset, *limit, *name; } good[] = {
      {"nothing named", "", "", "7d", "default"},
      {"a preset", "", "strict", "1d", "strict"},
      {"a policy", "/project/policy.yaml", "", "2d", "/project/policy.yaml"},
  };
  for (const auto& row : good) {
    const auto rules = sla_rules(workshop, row.policy, row.preset);
    ASSERT_TRUE(rules) << row.summary << ": " << rules.error().message;
    EXPECT_EQ(rules->first.limits.by_severity[0]->str(), row.limit) << row.summary;
    EXPECT_EQ(rules->second, row.name) << row.summary;
  }
  const struct { const char *summary, *policy, *preset; Kind kind; const char* says; } bad[] = {
      {"both", "/project/policy.yaml", "strict", Kind::Invalid, "both a policy and a preset are named"},
      {"a preset that is none", "", "lax", Kind::NotFound, "the presets are default, strict"},
      {"a way out of the folder", "", "../../project/policy", Kind::NotFound, "the presets are default, strict"},
      {"a file that is none", "/project/none.yaml", "", Kind::NotFound, "none.yaml"},
      {"a policy about something else", "/project/gate.yaml", "", Kind::Invalid, "it has no section 'sla'"},
      {"a policy with faults", "/project/broken.yaml", "", Kind::Invalid, "it has faults"},
  };
  for (const auto& row : bad) {
    const auto rules = sla_rules(workshop, row.policy, row.preset);
    ASSERT_FALSE(rules) << row.summary;
    EXPECT_EQ(rules.error().kind, row.kind) << row.summary;
    EXPECT_NE(rules.error().message.find(row.says), std::string::npos) << row.summary << ": " << rules.error().message;
  }
}

TEST_F(SlaTest, AnImageIsMeasuredByItsOwnAgreement) {
  const std::vector<policy::Support> preset = {{.image = "a", .sla = "strict"}, {.image = "b"}}, file = {{.image = "b", .sla = "/project/policy.yaml"}};
  const auto limits = [&](SlaWish wish) {
    wish.ledger = path, wish.now = Time{start + day / 2};
    const auto found = sla(workshop, wish);
    std::string out = found ? "" : found.error().message;
    for (const policy::Clock& each : found ? found->report.clocks : std::vector<policy::Clock>()) out += each.image + " " + std::to_string(each.limit.value_or(0) / day) + " by " + found->report.rules_of(each).source + "; ";
    return out;
  };
  const struct { const char* summary; SlaWish wish; const char* expected; } rows[] = {
      {"nobody has one", {}, "a 7 by ; b 7 by ; "},
      {"a fleet's policy with a section", {.of_fleet = "/project/policy.yaml"}, "a 2 by ; b 2 by ; "},
      {"and without one: the default", {.of_fleet = "/project/gate.yaml"}, "a 7 by ; b 7 by ; "},
      {"what is named counts before it", {.preset = "strict", .of_fleet = "/project/policy.yaml"}, "a 1 by strict; b 1 by strict; "},
      {"a preset for one", {.support = preset}, "a 1 by strict; b 7 by ; "},
      {"a file for the other", {.support = file}, "a 7 by ; b 2 by ; "},
      {"one for all", {.preset = "default", .measures_all = true, .support = preset}, "a 7 by ; b 7 by ; "},
      {"that one alone", {.image = "a", .support = preset}, "a 1 by strict; "},
      {"another one alone, whose neighbour's is none", {.image = "b", .support = {{.image = "a", .sla = "lax"}}}, "b 7 by ; "},
      {"one that is none", {.support = {{.image = "a", .sla = "lax"}}}, "cannot take preset 'lax': the presets are default, strict"},
  };
  for (const auto& row : rows) EXPECT_EQ(limits(row.wish), row.expected) << row.summary;
}

TEST_F(SlaTest, ClocksAreOfNowUnlessAnotherTimeIsNamed) {
  const auto late = sla(workshop, {.ledger = path, .preset = "strict"}).value();
  EXPECT_EQ(late.report.now, (Time{start + 10 * day}));
  EXPECT_EQ(late.report.clocks.size(), 2U);
  EXPECT_EQ(late.paper.policy, "strict");
  const auto then = sla(workshop, {.ledger = path, .preset = "strict", .now = Time{start + day / 2}}).value();
  EXPECT_TRUE(then.report.breaches.empty());
  EXPECT_EQ(then.report.due.size(), 2U);
  const auto before = sla(workshop, {.ledger = path, .now = Time{start - 1}}).value();
  EXPECT_TRUE(before.report.clocks.empty()) << "nothing had been seen";
  const auto none = sla(workshop, {.ledger = scratch.path() / "none.db"});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, Kind::NotFound);
  EXPECT_NE(none.error().message.find("nothing was recorded yet"), std::string::npos);
}

TEST_F(SlaTest, OneImageKeepsWhatIsAboutAll) {
  const auto found = sla(workshop, {.ledger = path, .image = "b"}).value();
  ASSERT_EQ(found.report.clocks.size(), 1U);
  EXPECT_EQ(found.report.clocks[0].image, "b");
  EXPECT_EQ(found.report.clocks[0].severity, policy::Severity::Low) << "the rescoring names no image, so it is about this one, too";
}

TEST_F(SlaTest, CadencesBeginWithTheFirstPromotion) {
  const SlaWish wish{.ledger = path, .support = {{.image = "a", .rebuilt_at_latest = 5 * day}, {.image = "b", .rebuilt_at_latest = 5 * day}, {.image = "a", .from = {start}, .rebuilt_at_latest = 2 * day}}};
  const auto found = sla(workshop, wish).value();
  ASSERT_EQ(found.paper.cadences.size(), 3U);
  EXPECT_EQ(found.paper.cadences[0].support.from, (Time{start + 3 * day}));
  EXPECT_EQ(found.paper.cadences[0].gaps, (std::vector<policy::CadenceGap>{{Time{start + 3 * day}, Time{start + 9 * day}, false}}));
  EXPECT_EQ(found.paper.cadences[0].next_due, (Time{start + 14 * day}));
  EXPECT_TRUE(found.paper.cadences[1].kept()) << "what was never published has not begun";
  EXPECT_EQ(found.paper.cadences[2].gaps.size(), 2U) << "by a statement that begins earlier";
  auto of_a = wish;
  of_a.image = "a";
  EXPECT_EQ(sla(workshop, of_a).value().paper.cadences.size(), 2U);
}

TEST_F(SlaTest, TheLedgerLiesInTheFolderOfState) { EXPECT_EQ(ledger_path({"/cache", "/state", "/config"}), host::Path("/state/ledger.db")); }

}  // namespace
}  // namespace ashlar::pipeline
