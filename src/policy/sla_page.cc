// An SLA report as one HTML file.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/html.h"
#include "policy/sla_forms.h"

namespace ashlar::policy {
namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr std::string_view look = R"(<style>
.pair{display:flex;flex-wrap:wrap;gap:2rem;align-items:flex-start}.pair>figure{flex:0 0 auto}.pair>table{flex:1 1 18rem;width:auto}
.bar{fill:#2563eb}.bar.second{fill:#7c3aed}.line{fill:none;stroke:#b91c1c;stroke-width:2}.area{fill:#b91c1c;opacity:.15}.axis{stroke:var(--line)}
@media (prefers-color-scheme:dark){.bar{fill:#60a5fa}.bar.second{fill:#a78bfa}.line{stroke:#f87171}.area{fill:#f87171}}
td.number{text-align:right;font-variant-numeric:tabular-nums}.late{color:#b91c1c;font-weight:600}@media (prefers-color-scheme:dark){.late{color:#f87171}}
</style>
)";

std::string table_of(std::string_view id, std::string_view caption, const std::vector<std::string_view>& heads, const Rows& rows) {
  std::string out = fmt::format("<table id=\"{}\"><caption>{}</caption><thead><tr>", id, escape_html(caption));
  for (const std::string_view head : heads) out += fmt::format("<th scope=\"col\">{}</th>", escape_html(head));
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) {
      const bool number = !cell.empty() && cell[0] >= '0' && cell[0] <= '9' && cell.size() < 9;
      out += fmt::format("<td{}>{}</td>", number ? " class=\"number\"" : "", escape_html(cell));
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table>\n";
}

std::string svg_head(std::string_view id, std::string_view title, std::string_view description, int width, size_t height) {
  return fmt::format("<figure><svg role=\"img\" aria-labelledby=\"{0}-title {0}-desc\" viewBox=\"0 0 {3} {4}\" width=\"{3}\" height=\"{4}\"><title id=\"{0}-title\">{1}</title><desc id=\"{0}-desc\">{2}</desc>", id, escape_html(title), escape_html(description), width, height);
}

struct Bar {
  std::string label, text;
  double value;
  bool second = false;
};

std::string bars(std::string_view id, std::string_view title, std::string_view description, const std::vector<Bar>& all) {
  double most = 0;
  for (const Bar& each : all) most = std::max(most, each.value);
  std::string out = svg_head(id, title, description, 480, all.size() * 26 + 4);
  for (size_t at = 0; at < all.size(); ++at) {
    const double width = most > 0 ? 280 * all[at].value / most : 0;
    out += fmt::format("<text x=\"0\" y=\"{}\">{}</text><rect class=\"bar{}\" x=\"110\" y=\"{}\" width=\"{:.1f}\" height=\"18\"/><text x=\"{:.1f}\" y=\"{}\">{}</text>", at * 26 + 17, escape_html(all[at].label), all[at].second ? " second" : "", at * 26 + 4, width, 116 + width,
                       at * 26 + 17, escape_html(all[at].text));
  }
  return out + fmt::format("</svg><figcaption>{}</figcaption></figure>\n", escape_html(title));
}

/// Steps, one a day, from zero up.
std::string steps(std::string_view id, std::string_view title, std::string_view description, const std::vector<std::pair<std::int64_t, size_t>>& series) {
  size_t most = 1;
  for (const auto& [day, count] : series) most = std::max(most, count);
  const double wide = 440.0 / static_cast<double>(std::max<size_t>(series.size(), 1));
  std::string line;
  for (size_t at = 0; at < series.size(); ++at) {
    const double y = 150 - 130.0 * static_cast<double>(series[at].second) / static_cast<double>(most), x = 30 + wide * static_cast<double>(at);
    line += fmt::format("{}{:.1f},{:.1f} {:.1f},{:.1f}", line.empty() ? "" : " ", x, y, x + wide, y);
  }
  std::string out = svg_head(id, title, description, 480, 175);
  out += fmt::format("<line class=\"axis\" x1=\"30\" y1=\"150\" x2=\"470\" y2=\"150\"/><line class=\"axis\" x1=\"30\" y1=\"20\" x2=\"470\" y2=\"20\"/><text x=\"0\" y=\"24\">{}</text><text x=\"0\" y=\"154\">0</text>", most);
  out += fmt::format("<polygon class=\"area\" points=\"30,150 {} 470,150\"/><polyline class=\"line\" points=\"{}\"/>", line, line);
  out += fmt::format("<text x=\"30\" y=\"170\">{}</text><text x=\"470\" y=\"170\" text-anchor=\"end\">{}</text>", Time{series.front().first * Calendar::day}.date(), Time{series.back().first * Calendar::day}.date());
  return out + fmt::format("</svg><figcaption>{}</figcaption></figure>\n", escape_html(title));
}

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
  return "<h2>Open critical findings</h2><div class=\"pair\">" +
         steps("open-critical", "Open critical findings by day", fmt::format("{} on {}, {} now", report.open_critical.front().second, Time{report.open_critical.front().first * Calendar::day}.date(), report.open_critical.back().second), report.open_critical) +
         table_of("open-critical-table", "The same, where it changed", {"From", "Open"}, rows) + "</div>\n";
}

std::string by_severity(const SlaReport& report) {
  std::vector<Bar> times, shares;
  Rows rows;
  for (const SlaFigures& each : report.figures) {
    if (each.open + each.fixed_in_time + each.fixed_late + each.stopped == 0) continue;
    if (each.mean_days) times.push_back({name_of(each.severity) + ", mean", number(each.mean_days, " d"), *each.mean_days});
    if (each.p95_days) times.push_back({name_of(each.severity) + ", 95%", number(each.p95_days, " d"), *each.p95_days, true});
    if (each.within) shares.push_back({name_of(each.severity), share(each.within), *each.within});
    rows.push_back({name_of(each.severity), fmt::format("{}", each.open), fmt::format("{}", each.overdue), fmt::format("{}", each.fixed_in_time), fmt::format("{}", each.fixed_late), fmt::format("{}", each.stopped), share(each.within), number(each.mean_days, " d"), number(each.p95_days, " d"), fmt::format("{:.2f}", each.pace)});
  }
  std::string out = "<h2>By severity</h2><div class=\"pair\">";
  if (!shares.empty()) out += bars("within", "Share within the SLA", "Of the findings with a limit that were fixed or are late, how many were fixed in time", shares);
  if (!times.empty()) out += bars("time-to-patch", "Days from the clock's start to the fix", "Mean, and the time within which 95 of 100 were fixed", times);
  return out + table_of("severities", "Until an image without the finding was published", {"Severity", "Open", "Overdue", "Fixed in time", "Fixed late", "Stopped", "Within SLA", "Mean", "95%", fmt::format("Fixed a day, last {} d", report.rules.pace_days)}, rows) + "</div>\n";
}

std::vector<std::string> first_cells(const Clock& clock) {
  return {clock.image + (clock.environment.empty() ? "" : " in " + clock.environment), clock.vulnerability, clock.package, name_of(clock.severity) + (clock.exploited ? ", exploited" : "")};
}

std::string clock_tables(const SlaReport& report) {
  const Calendar& calendar = report.rules.calendar;
  const auto when = [&](const std::optional<Time>& time) { return time ? calendar.str(*time) : std::string(); };
  Rows breaches, due, late, all;
  for (const size_t at : report.breaches) {
    const Clock& clock = report.clocks[at];
    auto& row = breaches.emplace_back(first_cells(clock));
    row.insert(row.end(), {when(clock.deadline), clock.is_open() ? "open, " + days_text(report.now.seconds - clock.breached->seconds) + " late" : (clock.fixed ? "fixed " : "stopped ") + when(clock.ended), terms(clock, report.rules)});
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
  }
  std::string out = "<h2>Breaches</h2>" + (breaches.empty() ? std::string("<p>None.</p>\n") : table_of("breaches", "Past their deadline", {"Image", "Vulnerability", "Package", "Severity", "Deadline", "State", "Terms"}, breaches));
  out += "<h2>Due</h2>" + (due.empty() ? std::string("<p>Nothing.</p>\n") : table_of("due", "Open, by deadline", {"Image", "Vulnerability", "Package", "Severity", "Deadline", "Left", "State", "Action"}, due));
  if (!late.empty()) out += fmt::format("<h2>Late at the present pace</h2><p>Of each severity the open ones are taken in the order of their deadlines, at the pace of the last {} days.</p>", report.rules.pace_days) + table_of("late", "Expected after their deadline", {"Image", "Vulnerability", "Package", "Severity", "Deadline", "Expected"}, late);
  return out + "<h2>Every clock</h2><details><summary>What each is computed from</summary>" + table_of("clocks", "Clocks", {"Image", "Vulnerability", "Package", "Severity", "State", "Start", "Deadline", "End", "Computed from"}, all) + "</details>\n";
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
  if (!cadences.empty()) out += "<h2>Cadence</h2>" + table_of("cadence", "Rebuilt at the latest every", {"Image", "Every", "Last", "Kept"}, cadences);
  if (!rows.empty()) out += "<h2>What did not count</h2>" + table_of("disregarded", "Events that the policy does not allow", {"Event", "Why"}, rows);
  return out;
}

}  // namespace

std::string to_html(const SlaReport& report, const SlaPaper& paper) {
  std::string body(look);
  const size_t late = static_cast<size_t>(std::ranges::count_if(report.breaches, [&](size_t at) { return report.clocks[at].is_open(); }));
  body += fmt::format("<h1>SLA <span class=\"verdict {}\">{}</span></h1>\n<p>On {}, by <code>{}</code>: {}.</p>\n", late > 0 ? "affected" : "clean", late > 0 ? fmt::format("{} overdue", late) : "nothing overdue", report.rules.calendar.str(report.now), escape_html(paper.policy), escape_html(terms(report.rules)));
  if (!report.rules.source.empty()) body += fmt::format("<p>{}</p>\n", escape_html(report.rules.source));
  body += open_critical(report) + by_severity(report) + clock_tables(report) + remarks(report, paper);
  return html_page("Ashlar SLA", body);
}

}  // namespace ashlar::policy
