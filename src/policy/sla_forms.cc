#include "policy/sla_forms.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

namespace ashlar::policy {
namespace {

Json time_or_null(const std::optional<Time>& time) { return time ? Json(time->str()) : Json(); }
/// To a hundredth, so that figures read the same everywhere.
Json rounded(const std::optional<double>& value) { return value ? Json(std::round(*value * 100) / 100) : Json(); }

std::string_view name_of(Severity severity) { return severity == Severity::Unknown ? "unrated" : advisory::to_string(severity); }

Json finding(const Clock& clock) {
  Json out = {{"image", clock.image}, {"cve", clock.vulnerability}, {"package", clock.package}};
  if (!clock.environment.empty()) out["environment"] = clock.environment;
  out["severity"] = name_of(clock.severity);
  out["kev"] = clock.exploited;
  if (!clock.fixed_in.empty()) out["fixed_in"] = clock.fixed_in;
  if (!clock.decided_by.empty()) out["decided_by"] = clock.decided_by;
  if (clock.decided_until) out["decided_until"] = clock.decided_until->str();
  return out;
}

Json row(const Clock& clock, const SlaRules& rules) {
  Json out = finding(clock);
  out["reason"] = fmt::format("{}{}: {}", name_of(clock.severity), clock.exploited ? ", exploited" : "", terms(clock, rules));
  out["opened"] = time_or_null(clock.start);
  out["deadline"] = time_or_null(clock.deadline);
  if (clock.is_open()) out["action"] = action(clock);
  out["state"] = to_string(clock.state);
  if (!clock.is_open()) out["ended"] = time_or_null(clock.ended);
  return out;
}

Json clock_json(const Clock& clock) {
  Json out = finding(clock);
  out["state"] = to_string(clock.state);
  for (const auto& [name, time] : {std::pair("start", clock.start), std::pair("deadline", clock.deadline), std::pair("breached", clock.breached), std::pair("ended", clock.ended)}) out[name] = time_or_null(time);
  out["fixed"] = clock.fixed;
  out["ran_seconds"] = clock.ran;
  out["limit_seconds"] = clock.limit ? Json(*clock.limit) : Json();
  out["reopened"] = clock.reopened;
  out["events"] = clock.events;
  return out;
}

Json cadence_json(const Cadence& cadence) {
  Json gaps = Json::array();
  for (const CadenceGap& each : cadence.gaps) gaps.push_back({{"from", each.from.str()}, {"to", each.to.str()}, {"days", rounded(static_cast<double>(each.to.seconds - each.from.seconds) / Calendar::day)}, {"lasts", each.lasts}});
  return {{"image", cadence.support.image}, {"from", cadence.support.from.str()}, {"until", time_or_null(cadence.support.until)}, {"rebuilt_at_latest_days", rounded(static_cast<double>(cadence.support.rebuilt_at_latest) / Calendar::day)},
          {"sla", cadence.support.sla}, {"promotions", cadence.promotions}, {"last", time_or_null(cadence.last)}, {"next_due", time_or_null(cadence.next_due)}, {"kept", cadence.kept()}, {"gaps", std::move(gaps)}};
}

}  // namespace

std::string terms(const SlaRules& rules) {
  constexpr std::array<std::string_view, 3> since = {"since it was published", "since a fix is available", "since it was first seen"};
  std::string out(since[static_cast<size_t>(rules.starts)]);
  if (rules.calendar.working_days || rules.calendar.offset != 0) out += fmt::format("; {}, {}", rules.calendar.working_days ? "on working days" : "on all days", rules.calendar.str({}).substr(17));
  return out;
}

std::string terms(const Clock& clock, const SlaRules& rules) {
  const auto of_environment = rules.environments.find(clock.environment);
  const auto limit = (of_environment == rules.environments.end() ? rules.limits : of_environment->second).of(clock.severity, clock.exploited);
  return limit ? fmt::format("{} {}", limit->str(), terms(rules)) : "no limit";
}

std::string decision(const Clock& clock) {
  if (clock.decided_by.empty()) return {};
  return clock.decided_until ? fmt::format("'{}' until {}", clock.decided_by, clock.decided_until->date()) : fmt::format("'{}'", clock.decided_by);
}

std::string_view action(const Clock& clock) {
  if (clock.state == Clock::State::Waiting) return "wait for a fix";
  return clock.environment.empty() ? "rebuild" : "deploy";
}

std::string days_text(std::int64_t seconds) {
  if (std::abs(seconds) < 2 * Calendar::day) return fmt::format("{:.0f} h", static_cast<double>(seconds) / 3600);
  return fmt::format("{:.1f} d", static_cast<double>(seconds) / Calendar::day);
}

Json to_json(const SlaFigures& figures) {
  return {{"severity", name_of(figures.severity)}, {"open", figures.open}, {"overdue", figures.overdue}, {"fixed_in_time", figures.fixed_in_time}, {"fixed_late", figures.fixed_late}, {"stopped", figures.stopped},
          {"mean_days", rounded(figures.mean_days)}, {"p95_days", rounded(figures.p95_days)}, {"within", rounded(figures.within)}, {"fixed_per_day", std::round(figures.pace * 10'000) / 10'000}};
}

Json to_json(const SlaReport& report, const SlaPaper& paper) {
  Json out = {{"schema", "https://ashlar.dev/sla/v1"}, {"now", report.now.str()}, {"policy", paper.policy}, {"source", report.rules.source}, {"terms", terms(report.rules)}};
  for (const auto& [image, own] : report.agreements) out["agreements"].push_back({{"image", image}, {"policy", own.name}, {"source", own.rules.source}, {"terms", terms(own.rules)}});
  Json due = Json::array(), breaches = Json::array(), late = Json::array(), mean = Json::object(), p95 = Json::object(), within = Json::object(), figures = Json::array(), series = Json::array(), all = Json::array(), disregarded = Json::array(), cadences = Json::array();
  for (const size_t at : report.due) due.push_back(row(report.clocks[at], report.rules_of(report.clocks[at])));
  for (const size_t at : report.breaches) {
    Json each = row(report.clocks[at], report.rules_of(report.clocks[at]));
    each["breached"] = time_or_null(report.clocks[at].breached);
    breaches.push_back(std::move(each));
  }
  for (const Forecast& each : report.forecast) {
    Json forecast = finding(report.clocks[each.clock]);
    forecast["deadline"] = time_or_null(report.clocks[each.clock].deadline);
    forecast["expected"] = time_or_null(each.expected);
    late.push_back(std::move(forecast));
  }
  for (const SlaFigures& each : report.figures) {
    const std::string name(name_of(each.severity));
    mean[name] = rounded(each.mean_days);
    p95[name] = rounded(each.p95_days);
    within[name] = rounded(each.within);
    figures.push_back(to_json(each));
  }
  for (const auto& [day, count] : report.open_critical) series.push_back({{"date", Time{day * Calendar::day}.date()}, {"open", count}});
  for (const Clock& each : report.clocks) all.push_back(clock_json(each));
  for (const Disregarded& each : report.disregarded) disregarded.push_back({{"event", each.number}, {"why", each.why}});
  for (const Cadence& each : paper.cadences) cadences.push_back(cadence_json(each));
  out["due"] = std::move(due);
  out["breaches"] = std::move(breaches);
  out["mttp_days"] = std::move(mean);
  out["p95_days"] = std::move(p95);
  out["within"] = std::move(within);
  out["severities"] = std::move(figures);
  out["forecast"] = {{"method", "of each severity the open clocks are fixed in the order of their deadlines, at the pace of the last days"}, {"days", report.rules.pace_days}, {"late", std::move(late)}};
  out["open_critical"] = std::move(series);
  out["disregarded"] = std::move(disregarded);
  out["support"] = std::move(cadences);
  out["clocks"] = std::move(all);
  return out;
}

}  // namespace ashlar::policy
