#pragma once
// What a build fails on: the rules of `--fail-on`.
#include <string>
#include <string_view>
#include <vector>

#include "scan/report.h"

namespace ashlar::scan {

/// Conditions that all hold for a finding that stops the build: `high`, `high,fixable`, `kev`, `epss=0.1,fixable`.
struct GateRule {
  std::string text;                                       ///< as it was written
  advisory::Severity at_least = advisory::Severity::Unknown;  ///< Unknown: any
  bool exploited = false, fixable = false, unrated = false;
  double likelihood = 0;                                  ///< EPSS of at least this; 0: any
};

/// Invalid names the conditions that there are.
Result<GateRule> parse_gate_rule(std::string_view text);

/// Whether all of its conditions hold for a finding.
bool meets(const GateRule& rule, const Finding& finding);

/// Asks the rules of a report's open findings (affected, or under investigation); any rule stops.
GateAnswer ask_gate(const std::vector<GateRule>& rules, const Report& report);

}  // namespace ashlar::scan
