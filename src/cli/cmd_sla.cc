#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/amount.h"
#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/renew.h"
#include "pipeline/sla.h"

namespace ashlar::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using policy::Clock;

struct Options {
  std::string ledger, policy, preset, now, image, fleet;
  std::vector<std::string> cadences;
};

std::string name_of(advisory::Severity severity) { return std::string(severity == advisory::Severity::Unknown ? "unrated" : advisory::to_string(severity)); }

std::vector<std::string> first_cells(const Clock& clock) {
  return {visible(clock.image) + (clock.environment.empty() ? "" : " in " + visible(clock.environment)), visible(clock.vulnerability), visible(clock.package), name_of(clock.severity) + (clock.exploited ? ", exploited" : "")};
}

void say_table(Context& context, const std::string& head, const Rows& rows) {
  say(context, "");
  say(context, bold(context, head));
  context.answer->append(table(context, rows));
}

void say_clocks(Context& context, const policy::SlaReport& report) {
  const auto when = [&](const std::optional<Time>& time) { return time ? report.rules.calendar.str(*time) : std::string(); };
  Rows breaches = {{"IMAGE", "VULNERABILITY", "PACKAGE", "SEVERITY", "DEADLINE", "SINCE THEN"}}, due = {{"IMAGE", "VULNERABILITY", "PACKAGE", "SEVERITY", "DEADLINE", "LEFT", "STATE", "ACTION"}}, late = {{"IMAGE", "VULNERABILITY", "PACKAGE", "SEVERITY", "DEADLINE", "EXPECTED"}};
  for (const size_t at : report.breaches) {
    const Clock& clock = report.clocks[at];
    auto& row = breaches.emplace_back(first_cells(clock));
    row.insert(row.end(), {when(clock.deadline), clock.is_open() ? policy::days_text(report.now.seconds - clock.breached->seconds) + " late, open" : policy::days_text(clock.ended->seconds - clock.breached->seconds) + " late, then " + (clock.fixed ? "fixed" : "stopped")});
  }
  for (const size_t at : report.due) {
    const Clock& clock = report.clocks[at];
    auto& row = due.emplace_back(first_cells(clock));
    row.insert(row.end(), {when(clock.deadline), policy::days_text(clock.deadline->seconds - report.now.seconds), std::string(to_string(clock.state)), std::string(policy::action(clock))});
  }
  for (const policy::Forecast& each : report.forecast) {
    auto& row = late.emplace_back(first_cells(report.clocks[each.clock]));
    row.insert(row.end(), {when(report.clocks[each.clock].deadline), each.expected ? when(each.expected) : "none of these was fixed lately"});
  }
  if (breaches.size() > 1) say_table(context, fmt::format("Breaches: {}", breaches.size() - 1), breaches);
  if (due.size() > 1) say_table(context, fmt::format("Due: {}", due.size() - 1), due);
  if (late.size() > 1) say_table(context, fmt::format("Late at the pace of the last {} days: {}", report.rules.pace_days, late.size() - 1), late);
}

void say_figures(Context& context, const policy::SlaReport& report) {
  Rows rows = {{"SEVERITY", "OPEN", "WAITING", "OVERDUE", "FIXED IN TIME", "FIXED LATE", "STOPPED", "WITHIN SLA", "MEAN", "95%"}};
  const auto days = [](const std::optional<double>& value) { return value ? fmt::format("{:.1f} d", *value) : std::string("-"); };
  size_t all_waiting = 0;
  for (const policy::SlaFigures& each : report.figures) {
    const auto waiting = static_cast<size_t>(std::ranges::count_if(report.clocks, [&](const Clock& clock) { return clock.environment.empty() && clock.severity == each.severity && clock.is_open() && clock.state == Clock::State::Waiting; }));
    all_waiting += waiting;
    if (each.open + each.fixed_in_time + each.fixed_late + each.stopped == 0) continue;
    rows.push_back({name_of(each.severity), std::to_string(each.open), std::to_string(waiting), std::to_string(each.overdue), std::to_string(each.fixed_in_time), std::to_string(each.fixed_late), std::to_string(each.stopped), each.within ? fmt::format("{:.0f}%", *each.within * 100) : "-", days(each.mean_days), days(each.p95_days)});
  }
  if (rows.size() > 1) say_table(context, "By severity, until a fix was published", rows);
  if (all_waiting > 0) say(context, "WAITING: open, and no time runs yet, for what starts the clock has not happened: there is no fix to take, where it starts with one");
  if (report.open_critical.empty()) return;
  const auto most = std::ranges::max_element(report.open_critical, {}, [](const auto& each) { return each.second; });
  say(context, "");
  say(context, fmt::format("Open critical findings: {} now; in the last {} days {} at most, on {}", report.open_critical.back().second, report.open_critical.size(), most->second, Time{most->first * policy::Calendar::day}.date()));
}

void say_remarks(Context& context, const pipeline::SlaAnswer& found) {
  Rows rows = {{"IMAGE", "EVERY", "LAST", "KEPT"}};
  for (const policy::Cadence& each : found.paper.cadences) {
    std::string gaps;
    for (const policy::CadenceGap& gap : each.gaps) gaps += fmt::format("{}{} to {} ({})", gaps.empty() ? "" : "; ", gap.from.date(), gap.lasts ? "now" : gap.to.date(), policy::days_text(gap.to.seconds - gap.from.seconds));
    rows.push_back({visible(each.support.image), policy::days_text(each.support.rebuilt_at_latest), each.last ? each.last->date() : "never", each.kept() ? "kept" : "not from " + gaps});
  }
  if (rows.size() > 1) say_table(context, "Cadence", rows);
  if (found.report.disregarded.empty()) return;
  say(context, "");
  say(context, bold(context, "Did not count"));
  for (const policy::Disregarded& each : found.report.disregarded) say(context, fmt::format("event {}: {}", each.number, visible(each.why)));
}

/// `REPO=7d`
Result<policy::Support> support_of(const std::string& text) {
  const size_t sign = text.rfind('=');
  if (sign == std::string::npos || sign == 0) return cannot(Kind::Invalid, fmt::format("read cadence '{}'", text), "it is not of the form 'REPO=7d'");
  policy::Support out{.image = text.substr(0, sign)};
  TRY_ASSIGN(out.rebuilt_at_latest, parse_age(std::string_view(text).substr(sign + 1)));
  return out;
}

}  // namespace

Action sla(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--policy", options->policy, "the policy whose section 'sla' says by when what is fixed")->option_text("FILE");
  app.add_option("--preset", options->preset, "what others promise: a name of policies/sla, as chainguard, fedramp-rev5, pci-dss; by default 'default'")->option_text("NAME");
  app.add_option("--now", options->now, "as of this time, instead of now")->option_text("TIME");
  app.add_option("--image", options->image, "of this repository alone")->option_text("REPO");
  app.add_option("--ledger", options->ledger, "of this ledger; by default the one in the folder of state")->option_text("FILE");
  app.add_option("--fleet", options->fleet, "say of the images of this fleet where their cadence was not kept, and measure each by its own agreement unless --policy or --preset is given")->option_text("FILE");
  app.add_option("--cadence", options->cadences, "this image is published anew at the latest so often, REPO=7d, since its first time: say where that was not kept; repeatable")->option_text("REPO=AGE");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    pipeline::SlaWish wish{.ledger = options->ledger, .policy = options->policy, .preset = options->preset, .measures_all = !options->policy.empty() || !options->preset.empty(), .image = options->image};
    if (!options->now.empty()) {
      TRY_ASSIGN(wish.now, Time::parse(options->now));
    }
    if (!options->fleet.empty()) {
      TRY_ASSIGN(const auto fleet, pipeline::load_fleet(context.machine, options->fleet));
      for (const auto& each : fleet.images) wish.support.push_back({.image = each.repository, .from = each.from.value_or(Time{}), .until = each.until, .rebuilt_at_latest = each.cadence.value_or(0), .sla = each.sla});
      wish.of_fleet = fleet.policy.string();
    }
    for (const std::string& each : options->cadences) {
      TRY_ASSIGN(auto support, support_of(each));
      wish.support.push_back(std::move(support));
    }
    TRY_ASSIGN(const auto found, pipeline::sla(workshop, wish));
    const policy::SlaReport& report = found.report;
    const auto late = std::ranges::count_if(report.breaches, [&](size_t at) { return report.clocks[at].is_open(); });
    const auto kept = std::ranges::all_of(found.paper.cadences, [](const policy::Cadence& each) { return each.gaps.empty() || !each.gaps.back().lasts; });
    if (context.json) {
      answer(context, policy::to_json(report, found.paper));
    } else if (context.format == "html") {
      context.answer->append(policy::to_html(report, found.paper));
    } else {
      say(context, fmt::format("{} on {}, by '{}': {}", late == 0 ? "Nothing is overdue" : late == 1 ? "One finding is overdue" : fmt::format("{} findings are overdue", late), report.rules.calendar.str(report.now), found.paper.policy, policy::terms(report.rules)));
      for (const auto& [image, own] : report.agreements) say(context, fmt::format("{} by '{}': {}", visible(image), own.name, policy::terms(own.rules)));
      say_clocks(context, report);
      say_figures(context, report);
      say_remarks(context, found);
    }
    return late == 0 && kept ? Exit::Clean : Exit::No;
  };
}

}  // namespace ashlar::cli
