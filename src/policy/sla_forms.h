#pragma once
// An SLA report as others read it.
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/json.h"
#include "policy/sla.h"
#include "policy/support.h"

namespace ashlar::policy {

/// What belongs to a report beside it.
struct SlaPaper {
  std::string policy{};              ///< its file or preset, for words
  std::vector<Cadence> cadences{};   ///< of images with a support statement
};

/// `7d since a fix is available`, or `no limit`: what a clock is held to.
std::string terms(const Clock& clock, const SlaRules& rules);
/// `since a fix is available; on working days, +01:00`
std::string terms(const SlaRules& rules);
/// `'platform' until 2027-01-31`: who answers for the decision on it, or the statement; empty: nobody does.
std::string decision(const Clock& clock);
/// What is to be done of an open clock: `rebuild`, `deploy`, `wait for a fix`.
std::string_view action(const Clock& clock);
/// `2.5 d`, `3 h`, of seconds.
std::string days_text(std::int64_t seconds);

/// docs/formats/policy-sla.md
Json to_json(const SlaReport& report, const SlaPaper& paper);
/// What stands in `severities` of it.
Json to_json(const SlaFigures& figures);
/// One file: charts as inline SVG, each with its table; no script, nothing fetched.
std::string to_html(const SlaReport& report, const SlaPaper& paper);

}  // namespace ashlar::policy
