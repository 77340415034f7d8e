#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/yaml.h"
#include "policy/policy.h"
#ifdef ASHLAR_WITH_VALIJSON
#include "base/schema_trial.h"
#endif

namespace ashlar::policy {
namespace {

std::string shipped(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
std::vector<std::filesystem::path> presets() {
  std::vector<std::filesystem::path> out;
  for (const auto& each : std::filesystem::directory_iterator(std::string(ASHLAR_SOURCE_DIR) + "/policies/sla")) out.push_back(each.path());
  std::ranges::sort(out);
  return out;
}

std::string words(const SlaLimits& limits) {
  std::string out;
  for (const auto& each : limits.by_severity) out += (each ? each->str() : "none") + " ";
  return out + (limits.kev ? "kev " + limits.kev->str() : "no kev") + (limits.kev_due ? " due" : "");
}
std::string words(const SlaRules& rules) {
  constexpr std::array starts = {"published", "fix-available", "first-seen"};
  std::string out = std::string(starts[static_cast<size_t>(rules.starts)]) + ": " + words(rules.limits);
  for (const auto& [name, limits] : rules.environments) out += fmt::format("; {}: {}", name, words(limits));
  if (rules.calendar.working_days || rules.calendar.offset != 0) out += fmt::format("; {} at {}, {} holidays", rules.calendar.working_days ? "working days" : "all days", rules.calendar.offset, rules.calendar.holidays.size());
  if (!rules.not_affected_stops || rules.exception_stops) out += fmt::format("; stops:{}{}", rules.not_affected_stops ? " not-affected" : "", rules.exception_stops ? " exception" : "");
  if (rules.rescored_from_start) out += "; rescored from start";
  if (rules.reopened_restarts) out += "; restarts";
  if (!rules.pauses.by.empty()) out += fmt::format("; pauses by {} for {} in all {}", fmt::join(rules.pauses.by, ","), rules.pauses.at_most.value_or(0), rules.pauses.in_all.value_or(0));
  return out + fmt::format("; pace {}", rules.pace_days);
}

TEST(SlaSection, WhatShipsReads) {
  const std::map<std::string, std::string> expected = {
      {"default", "fix-available: 7d 14d 30d 90d none 14d kev 3d; pace 90"},
      {"docker-hardened-images", "fix-available: 7d 7d none none none none no kev; working days at 0, 0 holidays; pace 90"},
      {"chainguard", "fix-available: 7d 14d 14d 14d none 14d no kev; pace 90"},
      {"bellsoft", "fix-available: none none none none none none no kev; pace 90"},
      {"fedramp-rev5", "first-seen: 30d 30d 90d 180d none 30d no kev due; stops: not-affected exception; pace 90"},
      {"fedramp-vdr", "first-seen: 2d 4d 16d 48d none 4d no kev due; not-internet-reachable: 4d 8d 32d 128d none 8d no kev due; not-likely-exploitable: 16d 64d 128d 192d none 64d no kev due; pace 90"},
      {"pci-dss", "fix-available: 1mo 3mo 3mo 3mo none 3mo no kev; cardholder-data: 1mo 3mo 3mo 3mo none 3mo no kev; pace 90"},
      {"openchain-cra", "first-seen: 7d 30d 90d none none 30d no kev; stops: not-affected exception; pace 90"},
  };
  EXPECT_EQ(presets().size(), expected.size());
  for (const auto& path : presets()) {
    const auto policy = read_policy(shipped(path), path.string());
    ASSERT_TRUE(policy) << path << policy.error().message;
    ASSERT_TRUE(policy->sla) << path;
    EXPECT_EQ(words(*policy->sla), expected.at(path.stem().string())) << path;
    EXPECT_FALSE(policy->sla->source.empty()) << path << ": where its figures are from";
    EXPECT_TRUE(path.stem() == "default" || shipped(path).find("2026-11-27") != std::string::npos) << path << ": when that was read";
  }
  EXPECT_EQ(words(default_sla()), expected.at("default"));
  EXPECT_EQ(default_sla().source, read_policy(shipped(std::string(ASHLAR_SOURCE_DIR) + "/policies/sla/default.yaml"), "d").value().sla->source);
}

struct Good {
  const char *summary, *text, *says;
};
constexpr Good good[] = {
    {"the least", "sla: {starts: published, limits: {}}\n", "published: none none none none none none no kev; pace 90"},
    {"unrated as high", "sla: {starts: published, limits: {high: 36h}}\n", "published: none 36h none none none 36h no kev; pace 90"},
    {"unrated by itself", "sla: {starts: published, limits: {high: 36h, unrated: 1d}}\n", "published: none 36h none none none 1d no kev; pace 90"},
    {"exploited", "sla: {starts: first-seen, limits: {}, kev: {limit: 1w, due-date: true}}\n", "first-seen: none none none none none none kev 7d due; pace 90"},
    {"environments", "sla: {starts: published, limits: {critical: 7d}, kev: {limit: 3d}, environments: {a: {}, b: {limits: {critical: none}, kev: {limit: 1d}}}}\n",
     "published: 7d none none none none none kev 3d; a: 7d none none none none none kev 3d; b: none none none none none none kev 1d; pace 90"},
    {"a calendar", "sla:\n  starts: published\n  limits: {}\n  calendar:\n    days: working\n    zone: '-03:30'\n    rest: [friday]\n    holidays: [{date: 2028-02-29, name: leap day}, {date: 2026-12-25, name: Christmas}]\n",
     "published: none none none none none none no kev; working days at -12600, 2 holidays; pace 90"},
    {"a zone alone", "sla: {starts: published, limits: {}, calendar: {zone: '+02:00'}}\n", "published: none none none none none none no kev; all days at 7200, 0 holidays; pace 90"},
    {"what stops", "sla: {starts: published, limits: {}, stops: [exception]}\n", "published: none none none none none none no kev; stops: exception; pace 90"},
    {"nothing but a fix", "sla: {starts: published, limits: {}, stops: []}\n", "published: none none none none none none no kev; stops:; pace 90"},
    {"the rest", "sla: {starts: published, limits: {}, rescored: from-start, reopened: restarts, pauses: {by: [a, '*'], at-most: 1h, in-all: 1d}, pace: 30d}\n",
     "published: none none none none none none no kev; rescored from start; restarts; pauses by a,* for 3600 in all 86400; pace 30"},
};

TEST(SlaSection, SaysWhatItSays) {
  for (const Good& row : good) {
    const auto policy = read_policy(row.text, "policy.yaml");
    ASSERT_TRUE(policy) << row.summary << ": " << policy.error().message;
    ASSERT_TRUE(policy->sla) << row.summary;
    EXPECT_EQ(words(*policy->sla), row.says) << row.summary;
  }
  EXPECT_FALSE(read_policy("gate: {}\n", "policy.yaml").value().sla) << "no word of it";
}

struct Bad {
  const char *summary, *text, *says;
  bool schema = true;  ///< the schema refuses it, too
};
constexpr Bad bad[] = {
    {"nothing", "sla:\n", "a mapping is expected here"},
    {"no start", "sla: {limits: {}}\n", "'starts' is missing"},
    {"no limits", "sla: {starts: published}\n", "'limits' is missing"},
    {"an unknown key", "sla: {starts: published, limits: {}, limit: 7d}\n", "unknown key 'limit'"},
    {"an unknown severity", "sla: {starts: published, limits: {sever: 7d}}\n", "unknown key 'sever'"},
    {"an unknown start", "sla: {starts: whenever, limits: {}}\n", "'whenever' is none of published, fix-available, first-seen"},
    {"a length that is none", "sla: {starts: published, limits: {high: soon}}\n", "it is not of the form '7d', '36h', '2w' or '1mo'"},
    {"a length of nothing", "sla: {starts: published, limits: {high: 0d}}\n", "it is no time at all"},
    {"a flag that is none", "sla: {starts: published, limits: {}, kev: {due-date: soon}}\n", "'soon' is neither true nor false"},
    {"environments as a list", "sla: {starts: published, limits: {}, environments: [a]}\n", "a mapping of environments is expected here"},
    {"an environment that says something else", "sla: {starts: published, limits: {}, environments: {a: {calendar: {}}}}\n", "unknown key 'calendar'"},
    {"an unknown way of counting days", "sla: {starts: published, limits: {}, calendar: {days: some}}\n", "'some' is none of all, working"},
    {"a zone by name", "sla: {starts: published, limits: {}, calendar: {zone: Berlin}}\n", "it is not of the form '+02:00' or 'UTC'"},
    {"a weekday that is none", "sla: {starts: published, limits: {}, calendar: {days: working, rest: [someday]}}\n", "'someday' is none of sunday"},
    {"a week of rest", "sla: {starts: published, limits: {}, calendar: {days: working, rest: [sunday, monday, tuesday, wednesday, thursday, friday, saturday]}}\n", "on no day of the week would a clock run"},
    {"holidays where all days count", "sla: {starts: published, limits: {}, calendar: {holidays: []}}\n", "mean something where working days count"},
    {"a holiday that is no day", "sla: {starts: published, limits: {}, calendar: {days: working, holidays: [{date: 2027-02-29, name: x}]}}\n", "2027-02-29", false},
    {"a holiday without a name", "sla: {starts: published, limits: {}, calendar: {days: working, holidays: [{date: 2027-02-28}]}}\n", "'name' is missing"},
    {"a holiday without a date", "sla: {starts: published, limits: {}, calendar: {days: working, holidays: [{name: x}]}}\n", "'date' is missing"},
    {"what stops nothing", "sla: {starts: published, limits: {}, stops: [wishes]}\n", "'wishes' is none of not-affected, exception"},
    {"stops as a word", "sla: {starts: published, limits: {}, stops: exception}\n", "a list is expected here"},
    {"another rule of rescoring", "sla: {starts: published, limits: {}, rescored: never}\n", "'never' is none of from-rescore, from-start"},
    {"pauses by a word", "sla: {starts: published, limits: {}, pauses: {by: me}}\n", "a list of names is expected here"},
    {"pauses by nobody in particular", "sla: {starts: published, limits: {}, pauses: {by: ['']}}\n", "a name is expected here"},
    {"a pause of months", "sla: {starts: published, limits: {}, pauses: {at-most: 1mo}}\n", "months have no fixed length"},
    {"a pace of hours", "sla: {starts: published, limits: {}, pace: 36h}\n", "the pace is taken over whole days"},
};

TEST(SlaSection, EveryFaultIsNamed) {
  for (const Bad& row : bad) {
    const auto policy = read_policy(row.text, "policy.yaml");
    ASSERT_FALSE(policy) << row.summary;
    ASSERT_EQ(policy.error().faults.size(), 1U) << row.summary;
    EXPECT_NE(policy.error().faults[0].message.find(row.says), std::string::npos) << row.summary << ": " << policy.error().faults[0].message;
  }
}

#ifdef ASHLAR_WITH_VALIJSON
TEST(SlaSchema, TakesAndRefusesWhatTheReaderDoes) {
  const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR) + "/schemas/policy.schema.json");
  const auto takes = [&](std::string text, std::string& why) { return schema.takes(value_of(parse_yaml(std::move(text), "policy.yaml").value().root), &why); };
  std::string why;
  for (const auto& path : presets()) EXPECT_TRUE(takes(shipped(path), why)) << path << why;
  for (const Good& row : good) EXPECT_TRUE(takes(row.text, why)) << row.summary << ": " << why;
  for (const Bad& row : bad) EXPECT_EQ(takes(row.text, why), !row.schema) << row.summary;
}
#endif

}  // namespace
}  // namespace ashlar::policy
