#include "scan/gate.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace ashlar::scan {
namespace {

using advisory::Severity;

Finding finding(std::string id, Severity severity, Status status = Status::Affected, std::string fixed_in = {}) {
  return {.id = std::move(id), .component = {.name = "tool"}, .severity = severity, .status = status, .fixed_in = std::move(fixed_in)};
}

Report report() {
  Report out;
  out.now = Time{1000};
  for (const char* name : {"kev", "epss"}) {
    out.database.feeds.push_back({.name = name, .format = name, .digest = Digest::of(std::string_view(name)), .dated = Time{900}, .max_age = 500});
  }
  out.findings = {finding("CVE-1", Severity::Critical), finding("CVE-2", Severity::High, Status::Affected, "2.0"), finding("CVE-3", Severity::Low, Status::Affected, "2.0"),
                  finding("CVE-4", Severity::Unknown, Status::Affected, "2.0"), finding("CVE-5", Severity::High, Status::UnderInvestigation), finding("CVE-6", Severity::Critical, Status::NotAffected, "2.0"),
                  finding("CVE-7", Severity::Critical, Status::Excepted, "2.0"), finding("CVE-8", Severity::Medium)};
  out.findings[2].exploited.emplace();
  out.findings[7].likelihood.emplace().score = 0.4;
  return out;
}

TEST(Gate, RulesStopWhatTheyName) {
  struct Row { std::string_view rules, stopped, unrated, untold; };
  const Row rows[] = {
      {"critical", "CVE-1", "1", ""},
      {"high", "CVE-1 CVE-2 CVE-5", "1", ""},
      {"negligible", "CVE-1 CVE-2 CVE-3 CVE-5 CVE-8", "1", ""},
      {"fixable", "CVE-2 CVE-3 CVE-4", "0", ""},
      {"high,fixable", "CVE-2", "1", ""},
      {"fixable,high", "CVE-2", "1", ""},
      {"kev", "CVE-3", "0", ""},
      {"high,kev", "", "0", ""},
      {"unrated", "CVE-4", "0", ""},
      {"high unrated", "CVE-1 CVE-2 CVE-4 CVE-5", "0", ""},
      {"epss=0.4", "CVE-8", "0", ""},
      {"epss=0.41", "", "0", ""},
      {"kev epss=0.1", "CVE-3 CVE-8", "0", ""},
      {"critical,unrelated", "error", "", "'unrelated' is no severity"},
      {"", "error", "", "'' is no severity"},
      {"high,", "error", "", "'' is no severity"},
      {"high,unrated", "error", "", "asks for a severity and for none"},
      {"epss=", "error", "", "'epss=' is no likelihood"},
      {"epss=2", "error", "", "'epss=2' is no likelihood"},
      {"epss=0", "error", "", "'epss=0' is no likelihood"},
      {"epss=0.1x", "error", "", "'epss=0.1x' is no likelihood"},
      {"epss=nan", "error", "", "'epss=nan' is no likelihood"},
  };
  for (const Row& row : rows) {
    std::vector<GateRule> rules;
    std::string error;
    for (const std::string_view text : split(row.rules, ' ')) {
      auto rule = parse_gate_rule(text);
      if (rule) rules.push_back(std::move(*rule));
      else error = rule.error().message;
    }
    if (row.stopped == "error") {
      EXPECT_NE(error.find(row.untold), std::string::npos) << row.rules << ": " << error;
      continue;
    }
    EXPECT_EQ(error, "") << row.rules;
    const GateAnswer answer = ask_gate(rules, report());
    std::string stopped;
    for (const std::string& each : answer.stopped_by) stopped += (stopped.empty() ? "" : " ") + std::string(cut(each, ' ').first);
    EXPECT_EQ(stopped, row.stopped) << row.rules;
    EXPECT_EQ(std::to_string(answer.unrated), row.unrated) << row.rules;
    EXPECT_TRUE(answer.untold.empty()) << row.rules;
  }
}

TEST(Gate, WhatTheDatabaseCannotTellIsSaid) {
  Report stale = report();
  stale.now = Time{5000};
  for (const char* text : {"kev", "high,kev", "epss=0.5"}) {
    const std::vector<GateRule> rules = {parse_gate_rule(text).value()};
    EXPECT_EQ(ask_gate(rules, stale).untold.size(), 1U) << text;
    stale.database.feeds.clear();
    EXPECT_EQ(ask_gate(rules, stale).untold.size(), 1U) << text << ", without the feed";
    EXPECT_TRUE(ask_gate(rules, report()).untold.empty()) << text;
  }
}

}  // namespace
}  // namespace ashlar::scan
