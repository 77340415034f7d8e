#include <CLI/CLI.hpp>

#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/scan.h"
#include "scan/forms.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> targets;
  std::string database, as_of, fail_on, dark = "list";
  pipeline::ScanOptions scan;
};

/// Whether a finding is one that `--fail-on` names: of that severity or a heavier one, or of `kev` or `fixable` beside.
Result<bool> counts(const scan::Finding& finding, std::string_view rule) {
  if (finding.status != scan::Status::Affected) return false;
  if (rule == "kev") return finding.exploited.has_value();
  if (rule == "fixable") return !finding.fixed_in.empty();
  const auto severity = advisory::severity_of(rule);
  if (severity == advisory::Severity::Unknown) return cannot(Kind::Invalid, "read --fail-on", fmt::format("'{}' is no severity (negligible, low, medium, high, critical), `kev` or `fixable`", rule));
  return finding.severity >= severity;
}

Result<Exit> exit_of(const std::vector<scan::Report>& reports, const std::string& rule) {
  const auto unknown = [](const scan::Report& report) { return report.verdict == scan::Verdict::Unknown; };
  bool failed = false;
  for (const scan::Report& report : reports) {
    for (const scan::Finding& finding : report.findings) {
      if (rule.empty()) continue;
      TRY_ASSIGN(const bool hit, counts(finding, rule));
      failed = failed || hit;
    }
  }
  return std::ranges::any_of(reports, unknown) ? Exit::Unknown : failed ? Exit::No : Exit::Clean;
}

}  // namespace

Action scan(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("TARGET", options->targets, "images (oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG]) or root file systems (dir:PATH)")->required();
  app.add_option("--db", options->database, "this advisory database; the machine's own by default")->option_text("FILE");
  app.add_option("--platform", options->scan.platform, "of this platform; the first one by default")->option_text("PLATFORM");
  app.add_option("--as-of", options->as_of, "with the knowledge of that moment (2026-11-24 or 2026-11-24T08:00:00Z)")->option_text("TIME");
  app.add_option("--fail-on", options->fail_on, "exit with 1 on findings of this severity or a heavier one, or on `kev` or `fixable` ones")->option_text("SEVERITY");
  app.add_option("--dark", options->dark, "what files that nothing explains do in an application's own layers: fail or list; in a base they always fail")->check(CLI::IsMember({"fail", "list"}));
  return [options](Context& context) -> Result<Exit> {
    options->scan.database = options->database;
    options->scan.app_dark_fails = options->dark == "fail";
    if (!options->as_of.empty()) {
      TRY_ASSIGN(options->scan.as_of, Time::parse(options->as_of));
    }
    std::vector<scan::Report> reports;
    for (const std::string& target : options->targets) {
      TRY_ASSIGN(auto report, pipeline::scan(context.machine, target, options->scan));
      reports.push_back(std::move(report));
    }
    const auto forms = scan::forms();
    const auto form = std::ranges::find(forms, context.format, &scan::Form::name);
    context.answer->append(form->write(reports, {.everything = context.verbose}));
    return exit_of(reports, options->fail_on);
  };
}

}  // namespace ashlar::cli
