// An SLA report as one HTML file.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/charts.h"
#include "base/html.h"
#include "policy/sla_forms.h"

namespace ashlar::policy {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string name_of(Severity severity) { return std::string(severity == Severity::Unknown ? "unrated" : advisory::to_string(severity)); }
std::string number(const std::optional<double>& value, std::string_view unit) { return value ? fmt::format("{:.1f}{}", *value, unit) : std::string(); }
std::string share(const std::optional<double>& value) { return value ? fmt::format("{:.0f}%", *value * 100) : std::string(); }

std::string open_critical(const SlaReport& report) {
  if (report.open_critical.empty()) return {};
  Rows rows;
  std::optional<size_t> before;
  for (const auto& [day, count] : report.open_critical) {
    if (before != count) rows.push_back({Time{day * Calendar::day}.date(), fmt::format("{}", count)});
    before = count;
  }
  ChartSeries series;
  for (const auto& [day, count] : report.open_critical) series.values.push_back(count);
  const std::string first = Time{report.open_critical.front().first * Calendar::day}.date(), last = Time{report.open_critical.back().first * Calendar::day}.date();
  return "<h2>Open critical findings</h2><div class=\"pair\">" +
         step_chart("open-critical", "Open critical findings by day", fmt::format("{} on {}, {} now", report.open_critical.front().second, first, report.open_critical.back().second), first, last, {&series, 1}) +
         html_table("open-critical-table", "The same, where it changed", {"From", "Open"}, rows) + "</div>\n";
}

std::string by_severity(const SlaReport& report) {
  std::vector<ChartBar> times, shares;
  Rows rows;
  for (const SlaFigures& each : report.figures) {
    if (each.open + each.fixed_in_time + each.fixed_late + each.stopped == 0) continue;
    if (each.mean_days) times.push_back({name_of(each.severity) + ", mean", number(each.mean_days, " d"), *each.mean_days});
    if (each.p95_days) times.push_back({name_of(each.severity) + ", 95%", number(each.p95_days, " d"), *each.p95_days, true});
    if (each.within) shares.push_back({name_of(each.severity), share(each.within), *each.within});
    rows.push_back({name_of(each.severity), fmt::format("{}", each.open), fmt::format("{}", each.overdue), fmt::format("{}", each.fixed_in_time), fmt::format("{}", each.fixed_late), fmt::format("{}", each.stopped), share(each.within), number(each.mean_days, " d"), number(each.p95_days, " d"), fmt::format("{:.2f}", each.pace)});
  }
  std::string out = "<h2>By severity</h2><div class=\"pair\">";
  if (!shares.empty()) out += bar_chart("within", "Share within the SLA", "Of the findings with a limit that were fixed or are late, how many were fixed in time", shares);
  if (!times.empty()) out += bar_chart("time-to-patch", "Days from the clock's start to the fix", "Mean, and the time within which 95 of 100 were fixed", times);
  return out + html_table("severities", "Until an image without the finding was published", {"Severity", "Open", "Overdue", "Fixed in time", "Fixed late", "Stopped", "Within SLA", "Mean", "95%", fmt::format("Fixed a day, last {} d", report.rules.pace_days)}, rows) + "</div>\n";
}

std::vector<std::string> first_cells(const Clock& clock) {
  return {clock.image + (clock.environment.empty() ? "" : " in " + clock.environment), clock.vulnerability, clock.package, name_of(clock.severity) + (clock.exploited ? ", exploited" : "")};
}

std::string clock_tables(const SlaReport& report) {
  const Calendar& calendar = report.rules.calendar;
  const auto when = [&](const std::optional<Time>& time) { return time ? calendar.str(*time) : std::string(); };
  Rows breaches, due, late, decided, all;
  for (const size_t at : report.breaches) {
    const Clock& clock = report.clocks[at];
    auto& row = breaches.emplace_back(first_cells(clock));
    row.insert(row.end(), {when(clock.deadline), clock.is_open() ? "open, " + days_text(report.now.seconds - clock.breached->seconds) + " late" : (clock.fixed ? "fixed " : "stopped ") + when(clock.ended), terms(clock, report.rules_of(clock))});
  }
  for (const size_t at : report.due) {
    const Clock& clock = report.clocks[at];
    auto& row = due.emplace_back(first_cells(clock));
    row.insert(row.end(), {when(clock.deadline), days_text(clock.deadline->seconds - report.now.seconds), std::string(to_string(clock.state)), std::string(action(clock))});
  }
  for (const Forecast& each : report.forecast) {
    auto& row = late.emplace_back(first_cells(report.clocks[each.clock]));
    row.insert(row.end(), {when(report.clocks[each.clock].deadline), each.expected ? when(each.expected) : "nothing of its severity was fixed lately"});
  }
  for (const Clock& clock : report.clocks) {
    auto& row = all.emplace_back(first_cells(clock));
    std::string events;
    for (const auto event : clock.events) events += fmt::format("{}{}", events.empty() ? "" : ", ", event);
    row.insert(row.end(), {std::string(to_string(clock.state)), when(clock.start), when(clock.deadline), when(clock.ended), "events " + events});
    if (clock.decided_by.empty()) continue;
    auto& answer = decided.emplace_back(first_cells(clock));
    answer.insert(answer.end(), {std::string(to_string(clock.state)), clock.decided_by, clock.decided_until ? when(clock.decided_until) : std::string("as long as it holds")});
  }
  std::string out = "<h2>Breaches</h2>" + (breaches.empty() ? std::string("<p>None.</p>\n") : html_table("breaches", "Past their deadline", {"Image", "Vulnerability", "Package", "Severity", "Deadline", "State", "Terms"}, breaches));
  out += "<h2>Due</h2>" + (due.empty() ? std::string("<p>Nothing.</p>\n") : html_table("due", "Open, by deadline", {"Image", "Vulnerability", "Package", "Severity", "Deadline", "Left", "State", "Action"}, due));
  if (!late.empty()) out += fmt::format("<h2>Late at the present pace</h2><p>Of each severity the open ones are taken in the order of their deadlines, at the pace of the last {} days.</p>", report.rules.pace_days) + html_table("late", "Expected after their deadline", {"Image", "Vulnerability", "Package", "Severity", "Deadline", "Expected"}, late);
  if (!decided.empty()) out += "<h2>Decisions and statements</h2>" + html_table("decided", "Who answers for what is not fixed", {"Image", "Vulnerability", "Package", "Severity", "State", "Who", "Until"}, decided);
  return out + "<h2>Every clock</h2><details><summary>What each is computed from</summary>" + html_table("clocks", "Clocks", {"Image", "Vulnerability", "Package", "Severity", "State", "Start", "Deadline", "End", "Computed from"}, all) + "</details>\n";
}

std::string remarks(const SlaReport& report, const SlaPaper& paper) {
  Rows rows, cadences;
  for (const Disregarded& each : report.disregarded) rows.push_back({fmt::format("{}", each.number), each.why});
  for (const Cadence& each : paper.cadences) {
    std::string gaps;
    for (const CadenceGap& gap : each.gaps) gaps += fmt::format("{}{} to {}{}", gaps.empty() ? "" : "; ", gap.from.date(), gap.lasts ? "now" : gap.to.date(), ", " + days_text(gap.to.seconds - gap.from.seconds));
    cadences.push_back({each.support.image, days_text(each.support.rebuilt_at_latest), each.last ? each.last->date() : "never", each.kept() ? "kept" : "not kept: " + gaps});
  }
  std::string out;
  if (!cadences.empty()) out += "<h2>Cadence</h2>" + html_table("cadence", "Rebuilt at the latest every", {"Image", "Every", "Last", "Kept"}, cadences);
  if (!rows.empty()) out += "<h2>What did not count</h2>" + html_table("disregarded", "Events that the policy does not allow", {"Event", "Why"}, rows);
  return out;
}

}  // namespace

std::string to_html(const SlaReport& report, const SlaPaper& paper) {
  std::string body(chart_style());
  const size_t late = static_cast<size_t>(std::ranges::count_if(report.breaches, [&](size_t at) { return report.clocks[at].is_open(); }));
  body += fmt::format("<h1>SLA <span class=\"verdict {}\">{}</span></h1>\n<p>On {}, by <code>{}</code>: {}.</p>\n", late > 0 ? "affected" : "clean", late > 0 ? fmt::format("{} overdue", late) : "nothing overdue", report.rules.calendar.str(report.now), escape_html(paper.policy), escape_html(terms(report.rules)));
  if (!report.rules.source.empty()) body += fmt::format("<p>{}</p>\n", escape_html(report.rules.source));
  for (const auto& [image, own] : report.agreements) body += fmt::format("<p>{}, by <code>{}</code>: {}.{}</p>\n", escape_html(image), escape_html(own.name), escape_html(terms(own.rules)), own.rules.source.empty() ? "" : " " + escape_html(own.rules.source));
  body += open_critical(report) + by_severity(report) + clock_tables(report) + remarks(report, paper);
  return html_page("Ashlar SLA", body);
}

}  // namespace ashlar::policy
