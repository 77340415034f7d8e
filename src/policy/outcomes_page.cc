// The outcome table as one HTML file.
#include <algorithm>

#include <fmt/format.h>

#include "base/charts.h"
#include "base/html.h"
#include "policy/inner/outcome_cells.h"
#include "policy/outcomes_forms.h"

namespace ashlar::policy {
namespace {

using Rows = std::vector<std::vector<std::string>>;

const OutcomeLine* line_of(const Outcomes& outcomes, std::string_view id) {
  const auto found = std::ranges::find(outcomes.lines, id, &OutcomeLine::id);
  return found == outcomes.lines.end() ? nullptr : &*found;
}

/// Bars of both columns; one without evidence has none, and says so.
void add_bars(const OutcomeLine& line, const std::string& label, std::string_view unit, std::vector<ChartBar>& out) {
  for (const auto& [cell, word, second] : {std::tuple(&line.before, "before", true), std::tuple(&line.after, "after", false)}) {
    const double value = cell->value.value_or(0);
    out.push_back({label.empty() ? word : fmt::format("{}, {}", label, word), cell->value ? number_text(value) + std::string(unit) : "no evidence", value, second});
  }
}

std::string chart_of(const Outcomes& outcomes, const std::string& id, std::string_view title, std::string_view description, const std::vector<std::pair<std::string, std::string>>& lines, std::string_view unit = {}) {
  std::vector<ChartBar> bars;
  for (const auto& [line, label] : lines) {
    const OutcomeLine* const found = line_of(outcomes, line);
    if (found != nullptr && (!found->idle || lines.size() == 1)) add_bars(*found, label, unit, bars);
  }
  return bars.empty() ? std::string() : bar_chart(id, title, description, bars);
}

std::string cves(const Outcomes& outcomes) {
  return chart_of(outcomes, "cves-chart", "Open CVEs of an image", "All that are open, and of them what is not negligible, before and after", {{"cves.open", "open"}, {"cves.matter", "matter"}}) +
         chart_of(outcomes, "noise-chart", "Pairs that scanners name, and what matters", "Before and after", {{"noise.named", "named"}, {"noise.matter", "matter"}});
}

std::string over_time(const Outcomes& outcomes) {
  if (outcomes.open_by_day.empty()) return {};
  ChartSeries series;
  Rows rows;
  std::optional<size_t> before;
  for (const auto& [day, open] : outcomes.open_by_day) {
    series.values.push_back(open);
    if (before != open) rows.push_back({Time{day * Calendar::day}.date(), fmt::format("{}", open)});
    before = open;
  }
  const std::string first = Time{outcomes.open_by_day.front().first * Calendar::day}.date(), last = Time{outcomes.open_by_day.back().first * Calendar::day}.date();
  return "<div class=\"pair\">" + step_chart("by-day", "Open findings by day, by the ledger", fmt::format("{} on {}, {} now", series.values.front(), first, series.values.back()), first, last, {&series, 1}) + html_table("by-day-table", "The same, where it changed", {"From", "Open"}, rows) + "</div>\n";
}

std::string chart_of_section(const Outcomes& outcomes, std::string_view section) {
  if (section == "cves") return "<div class=\"pair\">" + cves(outcomes) + "</div>\n";
  if (section == "burden") return "<div class=\"pair\">" + chart_of(outcomes, "steps-chart", "Hands-on steps", "By hand, by the model, and as the ledger has it", {{"burden.steps", ""}}) + "</div>\n";
  if (section != "patching") return {};
  std::vector<std::pair<std::string, std::string>> lines;
  for (const Severity each : severities) lines.emplace_back("patching." + severity_word(each) + ".mean", severity_word(each));
  return "<div class=\"pair\">" + chart_of(outcomes, "patching-chart", "Mean days to patch", "From the clock's start to the fix, by severity", lines, " d") + "</div>\n" + over_time(outcomes);
}

}  // namespace

std::string to_html(const Outcomes& outcomes) {
  const OutcomeTable table = table_of(outcomes);
  std::string body(chart_style());
  body += fmt::format("<h1>Outcomes</h1>\n<p>Before and after, as of {}.</p>\n", outcomes.now.str());
  Rows images;
  for (const OutcomeImageFigures& each : outcomes.images) images.push_back({each.after ? "after" : "before", each.ref, each.digest, each.platform, each.verdict});
  if (!images.empty()) body += html_table("images", "Images", {"Column", "Reference", "Digest", "Platform", "Verdict"}, images);
  const auto sections = outcome_sections();
  for (size_t at = 0; at < sections.size(); ++at) {
    const OutcomeTable::Section& section = table.sections.at(at);
    Rows rows;
    for (const auto& row : section.rows) rows.push_back({row.what, row.before, row.after});
    body += fmt::format("<h2>{}</h2>", escape_html(section.title)) + chart_of_section(outcomes, sections[at].id) + html_table(sections[at].id, section.title, {"", "Before", "After"}, rows);
  }
  body += "<h2>Sources</h2><ol>\n";
  for (const std::string& each : table.sources) body += fmt::format("<li>{}</li>\n", escape_html(each));
  body += "</ol>\n";
  for (const std::string& each : terms_of(outcomes)) body += fmt::format("<p>{}</p>\n", escape_html(each));
  return html_page("Ashlar outcomes", body);
}

}  // namespace ashlar::policy
