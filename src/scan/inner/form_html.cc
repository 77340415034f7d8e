// The report as one HTML file: charts as inline SVG, no script, nothing fetched.
#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "base/html.h"
#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

using advisory::Severity;

constexpr std::array severities = {Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Negligible, Severity::Unknown};
constexpr std::array<std::string_view, 6> colours = {"#7f1d1d", "#dc2626", "#f59e0b", "#eab308", "#94a3b8", "#64748b"};

std::string_view colour_of(Severity severity) { return colours[static_cast<size_t>(std::ranges::find(severities, severity) - severities.begin())]; }

struct Bar {
  std::string label;
  std::vector<std::pair<size_t, std::string_view>> parts;  ///< how many, in which colour
};

/// Horizontal bars, stacked, the longest 320 units wide.
std::string chart(std::string_view title, std::string_view id, const std::vector<Bar>& bars) {
  size_t longest = 1;
  const auto total = [](const Bar& bar) {
    size_t sum = 0;
    for (const auto& [count, colour] : bar.parts) sum += count;
    return sum;
  };
  for (const Bar& bar : bars) longest = std::max(longest, total(bar));
  std::string out = fmt::format("<figure id=\"{}\"><figcaption>{}</figcaption><svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 480 {}\" width=\"480\" height=\"{}\">", id, escape_html(title), escape_html(title), bars.size() * 26 + 4, bars.size() * 26 + 4);
  for (size_t row = 0; row < bars.size(); ++row) {
    const size_t y = row * 26;
    double x = 100;
    out += fmt::format("<text x=\"0\" y=\"{}\">{}</text>", y + 17, escape_html(bars[row].label));
    for (const auto& [count, colour] : bars[row].parts) {
      const double width = 320.0 * static_cast<double>(count) / static_cast<double>(longest);
      if (count > 0) out += fmt::format("<rect x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"18\" fill=\"{}\"><title>{}</title></rect>", x, y + 4, width, colour, count);
      x += width;
    }
    out += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>", x + 6, y + 17, total(bars[row]));
  }
  return out + "</svg></figure>";
}

size_t standing(const Report& report, auto&& fits) {
  return static_cast<size_t>(std::ranges::count_if(report.findings, [&](const Finding& each) { return each.status == Status::Affected && fits(each); }));
}

std::string charts(const Report& report) {
  std::vector<Bar> by_severity, by_owner;
  for (const Severity severity : severities) by_severity.push_back({std::string(advisory::to_string(severity)), {{standing(report, [&](const Finding& each) { return each.severity == severity; }), colour_of(severity)}}});
  for (const Owner owner : {Owner::Base, Owner::App}) {
    Bar bar{std::string(to_string(owner)), {}};
    for (const Severity severity : severities) bar.parts.emplace_back(standing(report, [&](const Finding& each) { return each.owner == owner && each.severity == severity; }), colour_of(severity));
    by_owner.push_back(std::move(bar));
  }
  std::string out = "<div class=\"charts\">" + chart("Findings by severity", "by-severity", by_severity) + chart("Base and application", "by-owner", by_owner);
  if (report.change) out += chart("On " + report.change->ref, "by-base", {{"removed", {{report.change->removed.size(), "#15803d"}}}, {"kept", {{report.change->kept.size(), "#94a3b8"}}}, {"added", {{report.change->added.size(), "#dc2626"}}}});
  return out + "</div>";
}

std::string finding_row(const Finding& finding) {
  std::string proof;
  for (const Step& step : finding.proof) proof += fmt::format("<li><b>{}</b> {}</li>", escape_html(step.kind), escape_html(step.text));
  const std::string fix = finding.status != Status::Affected ? fmt::format("{}: {}", to_string(finding.status), finding.reason) : finding.fixed_in.empty() ? fmt::format("no fix: {}{}", finding.no_fix, finding.support.empty() ? "" : "; support " + finding.support) : finding.fixed_in;
  return fmt::format("<tr class=\"{}\"><td class=\"id\">{}{}</td><td><span class=\"sev\" style=\"background:{}\">{}</span></td><td>{}</td><td>{}</td><td>{} <code>{}</code><details><summary>why</summary><ol>{}</ol></details></td><td>{}</td></tr>\n",
                     finding.status == Status::Affected ? "open" : "done", escape_html(finding.id), finding.exploited ? " <b title=\"known to be exploited\">exploited</b>" : "", colour_of(finding.severity), advisory::to_string(finding.severity),
                     finding.likelihood ? fmt::format("{:.1f}%", finding.likelihood->score * 100) : "", to_string(finding.owner), escape_html(finding.component.name), escape_html(finding.component.version), proof, escape_html(fix));
}

std::string table_of(std::string_view title, std::string_view id, const std::vector<std::string_view>& heads, const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return {};
  std::string out = fmt::format("<h2>{}</h2><table id=\"{}\"><thead><tr>", title, id);
  for (const std::string_view head : heads) out += fmt::format("<th>{}</th>", head);
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) out += fmt::format("<td>{}</td>", escape_html(cell));
    out += "</tr>\n";
  }
  return out + "</tbody></table>";
}

/// Who says something of the vulnerabilities, and whether it counts.
std::string statements_of(const Report& report) {
  std::vector<std::vector<std::string>> rows;
  for (const StatementSource& each : report.statements) {
    std::string notes = each.distrust.empty() ? "applied" : "not applied: " + each.distrust;
    for (const std::string& note : each.notes) notes += "; " + note;
    rows.push_back({each.source, each.author, each.format, fmt::format("{}", each.total), fmt::format("{}", each.matched), std::move(notes)});
  }
  return table_of("Statements", "statements", {"Source", "Author", "Format", "Statements", "Met a finding", "Counts"}, rows);
}

/// Decisions that hold, and those that no longer do.
std::string decisions_of(const Report& report) {
  std::vector<std::vector<std::string>> rows;
  for (const Finding& each : report.findings) {
    const bool holds = each.status == Status::Excepted, lapsed = each.reason.starts_with("open again: ");
    if (holds || lapsed) rows.push_back({each.id, fmt::format("{} {}", each.component.name, each.component.version), holds ? "holds" : "open again", lapsed ? each.reason.substr(12) : each.reason});
  }
  return table_of("Decisions to live with a finding", "decisions", {"ID", "Package", "State", "Who, until when and why"}, rows);
}

/// What matters of all of it, in a few lines.
std::string summary_of(const Report& report) {
  const auto affected = [&](auto&& fits) { return standing(report, fits); };
  std::string by_status;
  for (const Status status : {Status::Affected, Status::UnderInvestigation, Status::Excepted, Status::NotAffected, Status::Fixed})
    by_status += fmt::format("{}{} {}", by_status.empty() ? "" : ", ", std::ranges::count(report.findings, status, &Finding::status), to_string(status));
  const size_t all = affected([](const Finding&) { return true; });
  std::vector<std::vector<std::string>> rows = {
      {"Findings", by_status},
      {"Of those that stand", fmt::format("{} have a fix, {} are known to be exploited, {} are critical or high; {} are the base's, {} the application's", affected([](const Finding& each) { return !each.fixed_in.empty(); }),
                                          affected([](const Finding& each) { return each.exploited.has_value(); }), affected([](const Finding& each) { return each.severity >= Severity::High; }),
                                          affected([](const Finding& each) { return each.owner == Owner::Base; }), all - affected([](const Finding& each) { return each.owner == Owner::Base; }))},
      {"Packages", fmt::format("{} of {} judged", report.coverage.judged, report.coverage.packages)},
      {"Files", fmt::format("{} explained, {} dark", report.coverage.owned + report.coverage.excused, report.coverage.dark.size())},
      {"Base", report.base},
      {"Advisories", report.database.digest ? fmt::format("{} feeds, compiled {}", report.database.feeds.size(), report.database.created.str()) : std::string("none: there is no database")}};
  if (report.change) rows.push_back({"On " + report.change->ref, fmt::format("{} of the base's findings go, {} stay, {} come", report.change->removed.size(), report.change->kept.size(), report.change->added.size())});
  return table_of("Summary", "summary", {"What", "How it stands"}, rows);
}

std::string list_of(std::string_view title, std::string_view id, const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string out = fmt::format("<h2>{}</h2><ul id=\"{}\" class=\"{}\">", title, id, id);
  for (const std::string& line : lines) out += "<li>" + escape_html(line) + "</li>";
  return out + "</ul>";
}

std::string section(const Report& report) {
  std::string out = fmt::format("<section><h1>{} <span class=\"verdict {}\">{}</span></h1>\n", escape_html(report.ref), to_string(report.verdict), to_string(report.verdict));
  const Coverage& coverage = report.coverage;
  out += fmt::format("<p>{}{}{} {}</p>\n", escape_html(report.digest), report.digest.empty() ? "" : "<br>", escape_html(report.distribution.space), escape_html(report.platform));
  out += summary_of(report) + list_of("Not known", "causes", report.causes) + list_of("To be known", "notes", report.notes) + charts(report);
  out += "<h2>Findings</h2><table class=\"findings\"><thead><tr><th>ID</th><th>Severity</th><th>EPSS</th><th>Owner</th><th>Package</th><th>Fixed in</th></tr></thead><tbody>\n";
  for (const Finding& finding : report.findings) out += finding_row(finding);
  out += "</tbody></table>" + decisions_of(report) + statements_of(report);
  std::vector<std::string> unknown, dark;
  for (const Unjudged& each : coverage.unknown) unknown.push_back(fmt::format("{} {} ({}): {}", each.package, each.version, each.path, each.reason));
  for (const Dark& each : coverage.dark) dark.push_back(fmt::format("/{} ({}): {}{}", each.path, to_string(each.owner), each.reason, each.excuse.empty() ? "" : "; excused by " + each.excuse));
  out += list_of("Packages that were not judged", "unjudged", unknown) + list_of("Files that nothing explains", "dark", dark) + list_of("What readers noted", "remarks", coverage.notes);
  if (report.change) out += list_of("What the other base removes", "removed", report.change->removed) + list_of("What the other base adds", "added", report.change->added);
  std::vector<std::string> feeds;
  for (const auto& feed : report.database.feeds) feeds.push_back(fmt::format("{} of {}, {} records, {}", feed.name, feed.dated.date(), feed.records, feed.digest.str()));
  return out + list_of("Database", "feeds", feeds) + "</section>\n";
}

}  // namespace

std::string write_html(std::span<const Report> reports, const FormOptions&) {
  std::string body;
  for (const Report& report : reports) body += section(report);
  return html_page("Ashlar scan", body);
}

}  // namespace ashlar::scan
