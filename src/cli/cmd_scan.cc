#include <CLI/CLI.hpp>

#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "pipeline/configured_scan.h"
#include "pipeline/feeds.h"
#include "pipeline/inventories.h"
#include "pipeline/make.h"
#include "scan/forms.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> targets, statements, fail_on;
  std::string database, as_of, dark, policy, platform, base, other_base;
  bool again = false, forget = false;
};

Exit exit_of(Context& context, const std::vector<scan::Report>& reports) {
  bool unknown = false, stopped = false, untold = false;
  std::uint64_t unrated = 0;
  for (const scan::Report& report : reports) {
    unknown = unknown || report.verdict == scan::Verdict::Unknown;
    if (!report.gate) continue;
    stopped = stopped || !report.gate->stopped_by.empty();
    untold = untold || !report.gate->untold.empty();
    unrated += report.gate->unrated;
    for (const std::string& why : report.gate->untold) context.progress.note(why);
  }
  if (unrated > 0) context.progress.note(fmt::format("{} open finding{} no severity and pass{}: `--fail-on unrated` stops them, too", unrated, unrated == 1 ? " has" : "s have", unrated == 1 ? "es" : ""));
  return unknown || (untold && !stopped) ? Exit::Unknown : stopped ? Exit::No : Exit::Clean;
}

Result<scan::DecisionRules> decision_rules(const host::Machine& machine, const std::string& path) {
  TRY_ASSIGN(auto policy, pipeline::load_policy(machine, path));
  return std::move(policy.decisions);
}

/// The moment that is asked for: a bare date means the end of that day in UTC, so that all counts that was known on it; today, now.
Result<Time> moment_of(const std::string& text, Time now) {
  const auto moment = Time::parse(text);
  if (!moment) return cannot(Kind::Invalid, fmt::format("scan as of '{}'", text), "it is neither a day (2026-11-24, which is its end in UTC) nor a moment (2026-11-24T08:00:00Z)");
  const bool day = text.size() == moment->date().size();
  if (!day) return *moment;
  return moment->date() == now.date() ? now : Time{moment->seconds + 86400 - 1};
}

/// The options of one scan, settled with the configuration.
Result<pipeline::ScanOptions> settle(pipeline::Workshop& workshop, const Options& options) {
  TRY_ASSIGN(auto out, pipeline::configured_scan(workshop));
  out.platform = options.platform;
  out.base = options.base;
  out.other_base = options.other_base;
  out.again = options.again;
  for (const std::string& each : options.statements) out.statements.emplace_back(each);
  out.scanned = pipeline::remember_images(workshop);
  for (const std::string& text : options.fail_on) {
    TRY_ASSIGN(auto rule, scan::parse_gate_rule(text));
    out.gate.push_back(std::move(rule));
  }
  TRY_ASSIGN(out.rules, decision_rules(workshop.machine, options.policy));
  if (!options.dark.empty()) out.dark_fails = options.dark == "fail";
  if (!options.as_of.empty()) {
    TRY_ASSIGN(out.as_of, moment_of(options.as_of, workshop.machine.clock->now()));
  }
  return out;
}

Result<Exit> forget(Context& context, pipeline::Workshop& workshop, const Options& options) {
  TRY_ASSIGN(auto inventories, pipeline::open_inventories(workshop));
  std::uint64_t count = 0;
  for (const std::string& target : options.targets) {
    TRY_ASSIGN(const std::uint64_t gone, inventories.forget(pipeline::from_anywhere(target)));
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
  app.add_option("--platform", options->platform, "of this platform; the first one by default")->option_text("PLATFORM");
  app.add_option("--base", options->base, "the image that it is built on; by default its history tells")->option_text("REF");
  app.add_option("--onto", options->other_base, "another base: what would change on it")->option_text("REF");
  app.add_option("--vex", options->statements, "documents of statements that count (OpenVEX, CycloneDX, CSAF), or folders of such")->option_text("FILE");
  app.add_option("--policy", options->policy, "the policy whose section 'decisions' says which statements and decisions count; by default all do")->option_text("FILE");
  app.add_option("--as-of", options->as_of, "with the knowledge of that day, to its end in UTC (2026-11-24), or moment (2026-11-24T08:00:00Z)")->option_text("TIME");
  app.add_option("--fail-on", options->fail_on, "exit with 1 on open findings of this severity or a heavier one, or on `kev`, `fixable`, `unrated` or `epss=0.1` ones; `high,fixable` asks for both, and of several options each stops")->option_text("RULE");
  app.add_option("--dark", options->dark, "what files that nothing explains do in an application's own layers: fail or list; in a base they always fail")->check(CLI::IsMember({"fail", "list"}));
  app.add_flag("--again", options->again, "read every layer anew, whatever was kept of it");
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
    const Exit exit = exit_of(context, reports);
    const auto forms = scan::forms();
    const auto form = std::ranges::find(forms, context.format, &scan::Form::name);
    context.answer->append(form->write(reports, {.everything = context.verbose}));
    return exit;
  };
}

}  // namespace ashlar::cli
