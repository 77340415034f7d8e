// The presets as clocks: by when each severity is to be fixed, reckoned by hand from what their source says.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "policy/policy.h"
#include "policy/sla.h"

namespace ashlar::policy {
namespace {

Time at(std::string_view text) { return Time::parse(text).value(); }

SlaRules preset(const std::string& name) {
  const std::string path = fmt::format("{}/policies/sla/{}.yaml", ASHLAR_SOURCE_DIR, name);
  std::ifstream file(path, std::ios::binary);
  auto policy = read_policy({std::istreambuf_iterator<char>(file), {}}, path);
  EXPECT_TRUE(policy && policy->sla) << name;
  return policy ? policy->sla.value_or(SlaRules{}) : SlaRules{};
}

/// An advisory of Thursday; seen in the image on Monday morning, the last of January; a fix since Tuesday afternoon, in a leap year.
std::vector<ledger::Entry> history(const std::string& severity, bool exploited) {
  std::vector<ledger::Entry> out;
  const auto add = [&](ledger::Kind kind, const char* when) {
    ledger::Event event{.kind = kind, .at = at(when), .image = "a", .vulnerability = "CVE-2028-0001"};
    if (!severity.empty()) event.facts["severity"] = severity;
    if (exploited) event.facts["kev"] = "2028-01-28", event.facts["kev-due"] = "2028-02-10";
    out.push_back({.number = out.size() + 1, .event = event});
  };
  add(ledger::Kind::Published, "2028-01-27T11:00:00Z");
  add(ledger::Kind::FirstSeen, "2028-01-31T09:00:00Z");
  add(ledger::Kind::FixAvailable, "2028-02-01T15:00:00Z");
  return out;
}

const Clock& of(const std::vector<Clock>& all, std::string_view environment) {
  return *std::ranges::find(all, environment, &Clock::environment);
}

struct Row {
  const char *preset, *environment, *severity, *deadline;  ///< `none`: no clock runs out
  bool exploited = false;
};

constexpr Row rows[] = {
    // Ours: from the fix, 7, 14, 30 and 90 days; what is exploited 3.
    {"default", "", "critical", "2028-02-08T15:00:00Z"}, {"default", "", "high", "2028-02-15T15:00:00Z"}, {"default", "", "medium", "2028-03-02T15:00:00Z"}, {"default", "", "low", "2028-05-01T15:00:00Z"},
    {"default", "", "", "2028-02-15T15:00:00Z"}, {"default", "", "low", "2028-02-04T15:00:00Z", true},
    // Docker: from the fix, 7 working days: nine hours of Tuesday, three days, after the weekend three more, and fifteen hours of Thursday.
    {"docker-hardened-images", "", "critical", "2028-02-10T15:00:00Z"}, {"docker-hardened-images", "", "high", "2028-02-10T15:00:00Z"}, {"docker-hardened-images", "", "medium", "none"},
    {"docker-hardened-images", "", "low", "none"}, {"docker-hardened-images", "", "", "none"}, {"docker-hardened-images", "", "medium", "none", true},
    // Chainguard: from the fix, 7 calendar days for critical, 14 for all else.
    {"chainguard", "", "critical", "2028-02-08T15:00:00Z"}, {"chainguard", "", "high", "2028-02-15T15:00:00Z"}, {"chainguard", "", "medium", "2028-02-15T15:00:00Z"}, {"chainguard", "", "low", "2028-02-15T15:00:00Z"},
    {"chainguard", "", "", "2028-02-15T15:00:00Z"}, {"chainguard", "", "critical", "2028-02-08T15:00:00Z", true},
    // BellSoft: nothing was found.
    {"bellsoft", "", "critical", "none"}, {"bellsoft", "", "low", "none"}, {"bellsoft", "", "", "none"}, {"bellsoft", "", "critical", "none", true},
    // FedRAMP Rev5: from discovery 30, 90 and 180 days; what is exploited by the end of the day that CISA names.
    {"fedramp-rev5", "", "critical", "2028-03-01T09:00:00Z"}, {"fedramp-rev5", "", "high", "2028-03-01T09:00:00Z"}, {"fedramp-rev5", "", "medium", "2028-04-30T09:00:00Z"}, {"fedramp-rev5", "", "low", "2028-07-29T09:00:00Z"},
    {"fedramp-rev5", "", "", "2028-03-01T09:00:00Z"}, {"fedramp-rev5", "", "low", "2028-02-11T00:00:00Z", true},
    // FedRAMP VDR: from discovery, class C.
    {"fedramp-vdr", "", "critical", "2028-02-02T09:00:00Z"}, {"fedramp-vdr", "", "high", "2028-02-04T09:00:00Z"}, {"fedramp-vdr", "", "medium", "2028-02-16T09:00:00Z"}, {"fedramp-vdr", "", "low", "2028-03-19T09:00:00Z"},
    {"fedramp-vdr", "", "", "2028-02-04T09:00:00Z"}, {"fedramp-vdr", "", "low", "2028-02-11T00:00:00Z", true}, {"fedramp-vdr", "", "critical", "2028-02-02T09:00:00Z", true},
    {"fedramp-vdr", "not-internet-reachable", "critical", "2028-02-04T09:00:00Z"}, {"fedramp-vdr", "not-internet-reachable", "high", "2028-02-08T09:00:00Z"}, {"fedramp-vdr", "not-internet-reachable", "medium", "2028-03-03T09:00:00Z"},
    {"fedramp-vdr", "not-internet-reachable", "low", "2028-06-07T09:00:00Z"}, {"fedramp-vdr", "not-likely-exploitable", "critical", "2028-02-16T09:00:00Z"}, {"fedramp-vdr", "not-likely-exploitable", "high", "2028-04-04T09:00:00Z"},
    {"fedramp-vdr", "not-likely-exploitable", "medium", "2028-06-07T09:00:00Z"}, {"fedramp-vdr", "not-likely-exploitable", "low", "2028-08-10T09:00:00Z"},
    // PCI DSS 6.3.3: a month of the calendar from the release of the fix, where it runs, too; the others are the entity's to set.
    {"pci-dss", "", "critical", "2028-03-01T15:00:00Z"}, {"pci-dss", "", "high", "2028-05-01T15:00:00Z"}, {"pci-dss", "", "low", "2028-05-01T15:00:00Z"}, {"pci-dss", "cardholder-data", "critical", "2028-03-01T15:00:00Z"},
    {"pci-dss", "cardholder-data", "medium", "2028-05-01T15:00:00Z"},
    // OpenChain CRA 4.1.4: 7, 30 and 90 days, low by best effort.
    {"openchain-cra", "", "critical", "2028-02-07T09:00:00Z"}, {"openchain-cra", "", "high", "2028-03-01T09:00:00Z"}, {"openchain-cra", "", "medium", "2028-04-30T09:00:00Z"}, {"openchain-cra", "", "low", "none"},
    {"openchain-cra", "", "", "2028-03-01T09:00:00Z"},
};

TEST(SlaPresets, RunOutWhenTheirSourceSays) {
  for (const Row& row : rows) {
    SCOPED_TRACE(fmt::format("{} {} {}{}", row.preset, row.environment, *row.severity == 0 ? "unrated" : row.severity, row.exploited ? ", exploited" : ""));
    const SlaRules rules = preset(row.preset);
    const auto events = history(row.severity, row.exploited);
    const auto open = clocks(events, rules, at("2028-02-01T16:00:00Z"));
    const Clock& clock = of(open, row.environment);
    EXPECT_EQ(clock.deadline ? clock.deadline->str() : "none", row.deadline);
    if (!clock.deadline) {
      EXPECT_EQ(of(clocks(events, rules, at("2030-01-01")), row.environment).state, Clock::State::Running) << "for ever";
      continue;
    }
    // To the second it is met; a second later it is not. Where it runs it is deployed, elsewhere it is published.
    for (const auto& [late, state] : {std::pair(0, Clock::State::Met), std::pair(1, Clock::State::Breached)}) {
      auto fixed = events;
      ledger::Event event{.kind = ledger::Kind::Promoted, .at = Time{clock.deadline->seconds + late}, .image = "a", .digest = "new"};
      event.facts = {{"tag", "1"}, {"fixes", "CVE-2028-0001"}};
      fixed.push_back({.number = 4, .event = event});
      event.kind = ledger::Kind::Deployed, event.environment = row.environment;
      if (*row.environment != 0) fixed.push_back({.number = 5, .event = event});
      EXPECT_EQ(of(clocks(fixed, rules, at("2030-01-01")), row.environment).state, state) << late;
    }
  }
}

TEST(SlaPresets, SayWhatStopsThem) {
  const struct { const char* preset; bool exception; } table[] = {{"default", false}, {"docker-hardened-images", false}, {"chainguard", false}, {"bellsoft", false}, {"fedramp-rev5", true}, {"fedramp-vdr", false}, {"pci-dss", false}, {"openchain-cra", true}};
  for (const auto& row : table) {
    auto events = history("critical", false);
    ledger::Event event{.kind = ledger::Kind::Excepted, .at = at("2028-02-01T18:00:00Z"), .image = "a", .vulnerability = "CVE-2028-0001", .by = "somebody@example.org"};
    event.facts = {{"until", "2029-01-01T00:00:00Z"}, {"reason", "x"}};
    events.push_back({.number = 4, .event = event});
    const auto excepted = clocks(events, preset(row.preset), at("2028-02-01T20:00:00Z"));
    EXPECT_EQ(of(excepted, "").state == Clock::State::Stopped, row.exception) << row.preset;
    events.back().event.kind = ledger::Kind::Assessed;
    events.back().event.facts = {{"status", "not_affected"}, {"reason", "x"}};
    EXPECT_EQ(of(clocks(events, preset(row.preset), at("2028-02-01T20:00:00Z")), "").state, Clock::State::Stopped) << row.preset;
  }
}

}  // namespace
}  // namespace ashlar::policy
