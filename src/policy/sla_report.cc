// What clocks come to: who is late, who will be, and how fast it goes.
#include <algorithm>
#include <cmath>
#include <set>

#include "policy/inner/open_days.h"

namespace ashlar::policy {
namespace {

constexpr double seconds_a_day = 86'400;

size_t place_of(Severity severity) { return static_cast<size_t>(std::ranges::find(severities, severity) - severities.begin()); }

void count(const Clock& clock, SlaFigures& out) {
  if (clock.is_open()) {
    ++out.open;
    if (clock.breached) ++out.overdue;
  } else if (!clock.fixed) {
    ++out.stopped;
  } else {
    ++(clock.breached ? out.fixed_late : out.fixed_in_time);
  }
}

/// Days from the start to the fix, of those that had a start before it.
std::vector<double> times_to_patch(std::span<const Clock> clocks, Severity severity) {
  std::vector<double> out;
  for (const Clock& each : clocks) {
    if (each.severity == severity && each.environment.empty() && each.fixed && each.start && each.ended && *each.start <= *each.ended) out.push_back(static_cast<double>(each.ended->seconds - each.start->seconds) / seconds_a_day);
  }
  std::ranges::sort(out);
  return out;
}

SlaFigures figures_of(std::span<const Clock> clocks, Severity severity, const SlaRules& rules, Time now) {
  SlaFigures out{.severity = severity};
  size_t limited_in_time = 0, breached = 0, fixed_lately = 0;
  for (const Clock& each : clocks) {
    if (each.severity != severity || !each.environment.empty()) continue;
    count(each, out);
    if (each.breached) ++breached;
    else if (each.fixed && each.limit) ++limited_in_time;
    if (each.fixed && each.ended->seconds > now.seconds - rules.pace_days * Calendar::day) ++fixed_lately;
  }
  if (limited_in_time + breached > 0) out.within = static_cast<double>(limited_in_time) / static_cast<double>(limited_in_time + breached);
  out.pace = static_cast<double>(fixed_lately) / static_cast<double>(rules.pace_days);
  if (const auto days = times_to_patch(clocks, severity); !days.empty()) {
    double sum = 0;
    for (const double each : days) sum += each;
    out.mean_days = sum / static_cast<double>(days.size());
    out.p95_days = days[static_cast<size_t>(std::ceil(0.95 * static_cast<double>(days.size()))) - 1];
  }
  return out;
}

std::vector<Forecast> forecast_of(const SlaReport& report) {
  std::vector<Forecast> out;
  std::array<size_t, severities.size()> turn{};
  for (const size_t at : report.due) {
    const Clock& clock = report.clocks[at];
    if (!clock.environment.empty()) continue;  // the pace is that of publishing
    const size_t place = place_of(clock.severity);
    const double pace = report.figures[place].pace;
    const auto number = static_cast<double>(++turn[place]);
    if (pace <= 0) {
      out.push_back({at, std::nullopt});
      continue;
    }
    const Time expected{report.now.seconds + static_cast<std::int64_t>(std::llround(number / pace * seconds_a_day))};
    if (expected > *clock.deadline) out.push_back({at, expected});
  }
  return out;
}

}  // namespace

std::vector<std::pair<std::int64_t, size_t>> open_by_day(std::span<const Clock> clocks, const Calendar& calendar, Time now, std::int64_t most_days, std::optional<Severity> only) {
  std::vector<std::pair<std::int64_t, size_t>> out;
  std::optional<Time> first;
  for (const Clock& each : clocks) {
    if (each.environment.empty() && !each.open.empty() && (!first || each.open.front().from < *first)) first = each.open.front().from;
  }
  if (!first) return out;
  const std::int64_t today = calendar.day_of(now);
  for (std::int64_t day = std::max(calendar.day_of(*first), today - most_days + 1); day <= today; ++day) {
    const Time at = std::min(Time{(day + 1) * Calendar::day - calendar.offset - 1}, now);
    const auto had = [&](const Clock::Open& open) { return (!only || open.severity == *only) && open.from <= at && (at < open.to || open.to == now); };
    out.emplace_back(day, static_cast<size_t>(std::ranges::count_if(clocks, [&](const Clock& each) { return each.environment.empty() && std::ranges::any_of(each.open, had); })));
  }
  return out;
}

SlaReport sla_report(std::vector<Clock> all, const SlaRules& rules, Time now, Agreements agreements) {
  SlaReport out{.now = now, .rules = rules, .agreements = std::move(agreements), .clocks = std::move(all)};
  std::set<Disregarded> disregarded;
  for (size_t at = 0; at < out.clocks.size(); ++at) {
    const Clock& each = out.clocks[at];
    if (each.state == Clock::State::Breached) out.breaches.push_back(at);
    else if (each.is_open() && each.deadline) out.due.push_back(at);
    disregarded.insert(each.disregarded.begin(), each.disregarded.end());
  }
  out.disregarded.assign(disregarded.begin(), disregarded.end());
  std::ranges::stable_sort(out.due, {}, [&](size_t at) { return *out.clocks[at].deadline; });
  std::ranges::stable_sort(out.breaches, {}, [&](size_t at) { return std::pair(!out.clocks[at].is_open(), *out.clocks[at].breached); });
  for (size_t place = 0; place < severities.size(); ++place) out.figures[place] = figures_of(out.clocks, severities[place], rules, now);
  out.forecast = forecast_of(out);
  out.open_critical = open_by_day(out.clocks, rules.calendar, now, 90, Severity::Critical);
  return out;
}

}  // namespace ashlar::policy
