// The clock of one finding, as its events drive it.
#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/clock_run.h"
#include "policy/pause.h"
#include "policy/sla.h"

namespace ashlar::policy {
namespace {

using ledger::Entry;

/// Events by whom they are about.
class Index {
 public:
  Index(std::span<const Entry> events, Time now) {
    std::vector<const ledger::Event*> reopened;
    for (const Entry& each : events) {
      const ledger::Event& event = each.event;
      if (event.at > now) continue;
      about_[{event.image, event.vulnerability}].push_back(&each);
      if (event.image.empty() || event.vulnerability.empty()) continue;
      if (event.kind == ledger::Kind::FirstSeen) findings_.emplace(event.image, event.vulnerability, event.package);
      if (event.kind == ledger::Kind::Reopened) reopened.push_back(&event);
    }
    for (const ledger::Event* each : reopened) {  // one that names no package is about those that were seen
      const auto near = findings_.lower_bound({each->image, each->vulnerability, each->package});
      const bool known = near != findings_.end() && std::get<0>(*near) == each->image && std::get<1>(*near) == each->vulnerability && (each->package.empty() || std::get<2>(*near) == each->package);
      if (!known) findings_.emplace(each->image, each->vulnerability, each->package);
    }
  }
  using Finding = std::tuple<std::string, std::string, std::string>;
  const std::set<Finding>& findings() const { return findings_; }

  /// What is about the finding, its image, its vulnerability, or everything, in the order of time.
  std::vector<const Entry*> of(const Finding& finding) const {
    const auto& [image, vulnerability, package] = finding;
    std::vector<const Entry*> out;
    for (const auto& key : {std::pair(image, vulnerability), std::pair(image, std::string()), std::pair(std::string(), vulnerability), std::pair(std::string(), std::string())}) {
      const auto found = about_.find(key);
      if (found == about_.end()) continue;
      for (const Entry* each : found->second) {
        if (each->event.package.empty() || each->event.package == package) out.push_back(each);
      }
    }
    std::ranges::sort(out, {}, [](const Entry* each) { return std::tuple(each->event.at, each->number); });
    return out;
  }

 private:
  std::map<std::pair<std::string, std::string>, std::vector<const Entry*>> about_;
  std::set<Finding> findings_;
};

}  // namespace

std::optional<Span> SlaLimits::of(Severity severity, bool exploited) const {
  std::optional<Span> out = by_severity[static_cast<size_t>(std::ranges::find(severities, severity) - severities.begin())];
  const auto length = [](const Span& span) { return span.seconds + span.months * 30 * Calendar::day; };
  if (exploited && kev && (!out || length(*kev) < length(*out))) out = kev;
  return out;
}

std::string pause_refused(const SlaRules& rules, const ledger::Event& pause) {
  const auto& by = rules.pauses.by;
  const bool may = std::ranges::any_of(by, [&](const std::string& who) { return who == "*" || who == pause.by; });
  if (!may) return fmt::format("'{}' may not pause clocks{}", pause.by.empty() ? "nobody" : pause.by, by.empty() ? ": nobody may" : "");
  return trim(pause.fact("reason")).empty() ? "a pause without a reason does not count" : "";
}

std::string_view to_string(Clock::State state) {
  constexpr std::array<std::string_view, 6> names = {"waiting", "running", "paused", "met", "breached", "stopped"};
  return names[static_cast<size_t>(state)];
}

std::vector<Clock> clocks(std::span<const Entry> events, const SlaRules& rules, Time now) {
  std::vector<Clock> out;
  const Index index(events, now);
  for (const Index::Finding& finding : index.findings()) {
    const auto of_it = index.of(finding);
    const auto run = [&](const std::string& environment, const SlaLimits& limits) {
      Clock clock{.image = std::get<0>(finding), .vulnerability = std::get<1>(finding), .package = std::get<2>(finding), .environment = environment};
      ClockRun machine(rules, limits, std::move(clock), of_it);
      out.push_back(machine.until(now));
    };
    run("", rules.limits);
    for (const auto& [environment, limits] : rules.environments) run(environment, limits);
  }
  return out;
}

}  // namespace ashlar::policy
