// The table for people: what matters first, and what was not judged never hidden.
#include <algorithm>

#include <fmt/format.h>

#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

using Row = std::vector<std::string>;

std::string columns(const std::vector<Row>& rows) {
  std::vector<size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t at = 0; at < row.size(); ++at) widths[at] = std::max(widths[at], row[at].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (size_t at = 0; at < row.size(); ++at) line += at + 1 == row.size() ? row[at] : fmt::format("{:<{}}  ", row[at], widths[at]);
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
  }
  return out;
}

std::string fix_of(const Finding& finding) {
  if (finding.status != Status::Affected) return fmt::format("{}{}{}", to_string(finding.status), finding.reason.empty() ? "" : ": ", finding.reason);
  return finding.fixed_in.empty() ? "no fix: " + finding.no_fix : finding.fixed_in;
}

Row row_of(const Finding& finding) {
  std::string severity(advisory::to_string(finding.severity));
  if (finding.exploited) severity += ", exploited";
  return {finding.id, std::move(severity), finding.likelihood ? fmt::format("{:.1f}%", finding.likelihood->score * 100) : "-", std::string(to_string(finding.owner)),
          finding.component.name, finding.component.version, fix_of(finding)};
}

/// At most `limit` lines of a list, and how many there are beside.
void list(std::string& out, const std::vector<std::string>& lines, size_t limit) {
  for (size_t at = 0; at < std::min(limit, lines.size()); ++at) out += "  " + lines[at] + "\n";
  if (lines.size() > limit) out += fmt::format("  and {} more (--verbose shows all)\n", lines.size() - limit);
}

std::string counted(size_t count, std::string_view one, std::string_view many) { return fmt::format("{} {}", count, count == 1 ? one : many); }

std::string coverage_line(const Coverage& coverage) {
  return fmt::format("{} of {} judged; {} explained, {} dark\n", coverage.judged, counted(coverage.packages, "package", "packages"), counted(coverage.owned + coverage.excused, "file", "files"), coverage.dark.size());
}

void write_one(std::string& out, const Report& report, const FormOptions& options) {
  const auto affected = std::ranges::count_if(report.findings, [](const Finding& each) { return each.status == Status::Affected; });
  out += fmt::format("{}{}\n", report.ref, report.distribution.space.empty() ? "" : ", " + report.distribution.space);
  if (!report.findings.empty()) {
    std::vector<Row> rows = {{"ID", "SEVERITY", "EPSS", "OWNER", "PACKAGE", "VERSION", "FIXED IN"}};
    for (const Finding& finding : report.findings) rows.push_back(row_of(finding));
    const size_t limit = options.everything ? rows.size() : 51;
    const size_t hidden = rows.size() > limit ? rows.size() - limit : 0;
    if (hidden > 0) rows.resize(limit);
    out += "\n" + columns(rows);
    if (hidden > 0) out += fmt::format("and {} (--verbose shows all)\n", counted(hidden, "more finding", "more findings"));
    out += "\n";
  }
  if (report.layers > 1 && report.base_layers < report.layers) out += fmt::format("base: {} of {} layers; {}\n", report.base_layers, report.layers, report.base);
  if (report.change) out += fmt::format("on '{}': {} of the base's go, {} stay, {} come\n", report.change->ref, counted(report.change->removed.size(), "finding", "findings"), report.change->kept.size(), report.change->added.size());
  for (const StatementSource& source : report.statements) {
    out += fmt::format("{} of '{}' ({}): {} met a finding{}\n", counted(source.total, "statement", "statements"), source.author, source.source, source.matched, source.distrust.empty() ? "" : ", not applied: " + source.distrust);
    list(out, source.notes, options.everything ? source.notes.size() : 3);
  }
  if (!report.causes.empty()) {
    out += "Not known, so that this is no clean image:\n";
    list(out, report.causes, options.everything ? report.causes.size() : 20);
    out += "\n";
  }
  out += fmt::format("verdict: {}; {}; {}", to_string(report.verdict), counted(static_cast<size_t>(affected), "finding affects it", "findings affect it"), coverage_line(report.coverage));
  out += fmt::format("database of {}, {}\n", report.database.created.str(), counted(report.database.feeds.size(), "feed", "feeds"));
}

}  // namespace

std::string write_table(std::span<const Report> reports, const FormOptions& options) {
  std::string out;
  for (const Report& report : reports) {
    if (!out.empty()) out += "\n";
    write_one(out, report, options);
  }
  return out;
}

}  // namespace ashlar::scan
