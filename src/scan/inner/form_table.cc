// The table for people: what matters first, and what was not judged never hidden.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
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
  const std::string fix = finding.fixed_in.empty() ? fmt::format("none yet ({}{})", finding.no_fix, finding.support.empty() ? "" : "; support " + finding.support) : finding.fixed_in;
  return finding.reason.empty() ? fix : fix + "; " + finding.reason;  // a decision on it that no longer holds
}

Row row_of(const Finding& finding) {
  std::string severity(finding.severity == advisory::Severity::Unknown ? "not rated" : advisory::to_string(finding.severity));
  if (finding.exploited) severity += ", exploited";
  return {visible(finding.id), std::move(severity), finding.likelihood ? fmt::format("{:.1f}%", finding.likelihood->score * 100) : "-", std::string(to_string(finding.owner)),
          visible(finding.component.name), visible(finding.component.version), visible(fix_of(finding))};
}

/// At most `limit` lines of a list, and how many there are beside.
void list(std::string& out, const std::vector<std::string>& lines, size_t limit) {
  for (size_t at = 0; at < std::min(limit, lines.size()); ++at) out += "  " + visible(lines[at]) + "\n";
  if (lines.size() > limit) out += fmt::format("  and {} more (--verbose shows all)\n", lines.size() - limit);
}

std::string counted(size_t count, std::string_view one, std::string_view many) { return fmt::format("{} {}", count, count == 1 ? one : many); }

/// How many findings have each status, the one that counts first: `2 affected, 1 excepted`.
std::string tally(const std::vector<Finding>& findings) {
  std::string out;
  for (const Status status : {Status::Affected, Status::UnderInvestigation, Status::Excepted, Status::NotAffected, Status::Fixed}) {
    const auto count = std::ranges::count(findings, status, &Finding::status);
    if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, to_string(status));
  }
  return out.empty() ? "none" : out;
}

/// What another base would change: which go and which come, in full with --verbose.
void write_change(std::string& out, const BaseChange& change, const FormOptions& options) {
  out += visible(fmt::format("on '{}': {} of the base's go, {} stay, {} come", change.ref, counted(change.removed.size(), "finding", "findings"), change.kept.size(), change.added.size())) + "\n";
  for (const auto& [word, names] : {std::pair{"goes", &change.removed}, std::pair{"comes", &change.added}}) {
    std::vector<std::string> lines;
    for (const std::string& each : *names) lines.push_back(fmt::format("{}: {}", word, each));
    list(out, lines, options.everything ? lines.size() : 10);
  }
}

/// What a build makes of it.
std::string gate_lines(const GateAnswer& gate) {
  const auto& by = gate.stopped_by;
  std::string out = fmt::format("gate        {}: ", join(gate.rules, " or "));
  if (!by.empty()) out += fmt::format("fails, by {} ({}{})", counted(by.size(), "finding", "findings"), by.front(), by.size() > 1 ? " first" : "");
  else if (gate.untold.empty()) out += "passes";
  else out += fmt::format("{}{}", gate.untold.front(), gate.untold.size() > 1 ? fmt::format(" (and {} more)", gate.untold.size() - 1) : "");
  if (gate.unrated > 0) out += fmt::format("; {} without a severity pass (`--fail-on unrated` stops them)", gate.unrated);
  return out + "\n";
}

/// The verdict and what it rests on, in words for somebody who reads them for the first time.
std::string verdict_lines(const Report& report) {
  const Coverage& coverage = report.coverage;
  std::string out = fmt::format("verdict     {}\nfindings    {}\npackages    {} of {} judged", to_string(report.verdict), tally(report.findings), coverage.judged, coverage.packages);
  if (const size_t count = coverage.within.size(); count > 0) out += fmt::format("; {} of languages lie within packages of the distribution, which are judged for them", count);
  out += "\n";
  const std::uint64_t explained = coverage.owned + coverage.excused;
  if (explained + coverage.dark.size() > 0) out += fmt::format("files       {} explained, {} dark (programs and archives that no package explains)\n", explained, coverage.dark.size());
  if (!report.database.digest) return out + "advisories  none: there is no database\n";
  return out + fmt::format("advisories  {}, compiled {}\n", counted(report.database.feeds.size(), "feed", "feeds"), report.database.created.str());
}

void write_one(std::string& out, const Report& report, const FormOptions& options) {
  out += visible(fmt::format("{}{}", report.ref, report.distribution.space.empty() ? "" : ", " + report.distribution.space)) + "\n";
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
  if (report.change) write_change(out, *report.change, options);
  for (const StatementSource& source : report.statements) {
    out += visible(fmt::format("{} of '{}' ({}): {} met a finding{}", counted(source.total, "statement", "statements"), source.author, source.source, source.matched, source.distrust.empty() ? "" : ", not applied: " + source.distrust)) + "\n";
    list(out, source.notes, options.everything ? source.notes.size() : 3);
  }
  if (!report.causes.empty()) {
    out += "Could not be judged, so that nobody may call it clean:\n";
    list(out, report.causes, options.everything ? report.causes.size() : 20);
    out += "\n";
  }
  if (!report.notes.empty()) {
    out += "To be known:\n";
    list(out, report.notes, options.everything ? report.notes.size() : 10);
    out += "\n";
  }
  if (!report.coverage.notes.empty()) {
    out += "Noted by the readers of ecosystems:\n";
    list(out, report.coverage.notes, options.everything ? report.coverage.notes.size() : 3);
    out += "\n";
  }
  out += verdict_lines(report);
  if (report.gate) out += gate_lines(*report.gate);
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
