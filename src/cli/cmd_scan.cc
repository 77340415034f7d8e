#include <CLI/CLI.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/feeds.h"
#include "pipeline/inventories.h"
#include "pipeline/scan.h"
#include "scan/forms.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> targets, statements;
  std::string database, as_of, fail_on, dark;
  pipeline::ScanOptions scan;
  bool forget = false;
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

/// Whether the database can tell which findings a rule names: what is exploited is known by a feed that is there and not stale.
bool can_tell(const scan::Report& report, std::string_view rule) {
  return rule != "kev" || std::ranges::any_of(report.database.feeds, [&](const advisory::FeedStamp& feed) { return feed.format == "kev" && !feed.is_stale(report.now); });
}

Result<Exit> exit_of(Context& context, const std::vector<scan::Report>& reports, const std::string& rule) {
  const auto unknown = [](const scan::Report& report) { return report.verdict == scan::Verdict::Unknown; };
  bool failed = false, told = true;
  for (const scan::Report& report : reports) {
    told = told && can_tell(report, rule);
    for (const scan::Finding& finding : report.findings) {
      if (rule.empty()) continue;
      TRY_ASSIGN(const bool hit, counts(finding, rule));
      failed = failed || hit;
    }
  }
  if (!told && !failed) context.progress.note("`--fail-on kev` cannot be answered: the database has no fresh feed of what is exploited (`ashlar feed update kev`)");
  return std::ranges::any_of(reports, unknown) || (!told && !failed) ? Exit::Unknown : failed ? Exit::No : Exit::Clean;
}

/// The options of one scan, settled with the configuration.
Result<pipeline::ScanOptions> settle(pipeline::Workshop& workshop, const Options& options) {
  pipeline::ScanOptions out = options.scan;
  out.settings = workshop.config.scan;
  for (const std::string& each : options.statements) out.statements.emplace_back(each);
  out.scanned = pipeline::remember_images(workshop);
  if (!options.dark.empty()) out.dark_fails = options.dark == "fail";
  if (!options.as_of.empty()) {
    TRY_ASSIGN(out.as_of, Time::parse(options.as_of));
  }
  return out;
}

Result<Exit> forget(Context& context, pipeline::Workshop& workshop, const Options& options) {
  TRY_ASSIGN(auto inventories, pipeline::open_inventories(workshop));
  std::uint64_t count = 0;
  for (const std::string& target : options.targets) {
    TRY_ASSIGN(const std::uint64_t gone, inventories.forget(target));
    count += gone;
  }
  if (context.json) answer(context, Json{{"schema", "https://ashlar.dev/forgotten/v1"}, {"images", count}});
  else say(context, fmt::format("{} images are forgotten", count));
  return Exit::Clean;
}

}  // namespace

Action scan(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("TARGET", options->targets, "images (oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG], docker://HOST/REPO[:TAG][@DIGEST]), root file systems (dir:PATH), or SBOMs (files of SPDX or CycloneDX JSON)")->required();
  app.add_option("--db", options->database, "this advisory database; by default the one that `ashlar feed` keeps")->option_text("FILE");
  app.add_option("--platform", options->scan.platform, "of this platform; the first one by default")->option_text("PLATFORM");
  app.add_option("--base", options->scan.base, "the image that it is built on; by default its history tells")->option_text("REF");
  app.add_option("--onto", options->scan.other_base, "another base: what would change on it")->option_text("REF");
  app.add_option("--vex", options->statements, "documents of statements that count (OpenVEX, CycloneDX, CSAF), or folders of such")->option_text("FILE");
  app.add_option("--as-of", options->as_of, "with the knowledge of that moment (2026-11-24 or 2026-11-24T08:00:00Z)")->option_text("TIME");
  app.add_option("--fail-on", options->fail_on, "exit with 1 on findings of this severity or a heavier one, or on `kev` or `fixable` ones")->option_text("SEVERITY");
  app.add_option("--dark", options->dark, "what files that nothing explains do in an application's own layers: fail or list; in a base they always fail")->check(CLI::IsMember({"fail", "list"}));
  app.add_flag("--again", options->scan.again, "read every layer anew, whatever was kept of it");
  app.add_flag("--forget", options->forget, "scan nothing: forget what is remembered of images by these references or digests, for `ashlar explain`");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    if (options->forget) return forget(context, workshop, *options);
    TRY_ASSIGN(const auto how, settle(workshop, *options));
    TRY_ASSIGN(const auto database, pipeline::open_database(workshop, options->database, how.as_of));
    std::vector<scan::Report> reports;
    for (const std::string& target : options->targets) {
      TRY_ASSIGN(auto report, pipeline::scan(context.machine, *database, target, how));
      reports.push_back(std::move(report));
    }
    TRY_ASSIGN(const Exit exit, exit_of(context, reports, options->fail_on));
    const auto forms = scan::forms();
    const auto form = std::ranges::find(forms, context.format, &scan::Form::name);
    context.answer->append(form->write(reports, {.everything = context.verbose}));
    return exit;
  };
}

}  // namespace ashlar::cli
