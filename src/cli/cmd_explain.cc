#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "advisory/record.h"
#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/catalog.h"
#include "pipeline/configured_scan.h"
#include "pipeline/feeds.h"
#include "pipeline/inventories.h"
#include "pipeline/make.h"
#include "plan/lock.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string definition, package, platform, database, policy;
  std::vector<std::string> statements;
};

const plan::LockedPackage* find(const plan::LockedPlatform& platform, std::string_view name) {
  for (const auto& package : platform.packages) {
    if (package.name == name) return &package;
  }
  return nullptr;
}

/// Packages that need `name` directly.
std::vector<std::string> needed_by(const plan::LockedPlatform& platform, const std::string& name) {
  std::vector<std::string> out;
  for (const auto& package : platform.packages) {
    if (std::find(package.depends.begin(), package.depends.end(), name) != package.depends.end()) out.push_back(package.name);
  }
  return out;
}

/// Why a package is not in: kept out on purpose, needed by nothing, or misspelt.
std::string why_not(Context& context, const std::string& definition_path, const plan::LockedPlatform& platform, const std::string& name) {
  if (!definition_path.ends_with(".json")) {
    const auto definition = pipeline::load_definition(*context.machine.files, definition_path);
    const auto keeps_out = [&](const plan::Wish& wish) { return wish.excluded && wish.name == name; };
    if (definition && std::any_of(definition->packages.begin(), definition->packages.end(), keeps_out)) return fmt::format("the definition excludes it with '!{}'", name);
  }
  std::vector<std::string_view> names;
  for (const auto& each : platform.packages) names.push_back(each.name);
  const std::string near = nearest(name, names);
  return near.empty() ? "nothing in the image needs it" : fmt::format("nothing in the image needs it; did you mean '{}'?", near);
}

Result<plan::Lock> read_lock_of(Context& context, const std::string& definition, const host::Path& path, const std::string& what) {
  if (!context.machine.files->exists(path) && context.machine.files->exists(definition))
    return cannot(Kind::NotFound, what, fmt::format("'{0}' has no lock yet; make it with `ashlar lock {0}`", definition));
  TRY_ASSIGN(const std::string text, context.machine.files->read(path));
  return plan::read_lock(text, path.string());
}

std::string capitals(std::string word) {
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

/// The advisory that is asked for; empty: it is a definition. `cve-2026-0001` is CVE-2026-0001.
std::string advisory_of(Context& context, const std::string& word) {
  if (advisory::is_identifier(word)) return word;
  if (std::string cve = capitals(word); cve.starts_with("CVE-") && advisory::is_identifier(cve) && !context.machine.files->exists(word)) return cve;
  return {};
}

Json image_json(const scan::Remembered& image) { return {{"ref", image.ref}, {"digest", image.digest}, {"platform", image.platform}, {"distribution", image.distribution.empty() ? Json(nullptr) : Json(image.distribution)}, {"scanned", image.scanned.date()}}; }

/// The images that were scanned here and that an advisory is about.
Result<Exit> explain_everywhere(Context& context, pipeline::Workshop& workshop, advisory::Database& database, const std::string& id) {
  TRY_ASSIGN(const scan::Answer found, pipeline::ask_inventories(workshop, database, id));
  Json images = Json::array(), doubtful = Json::array();
  std::vector<std::vector<std::string>> rows = {{"IMAGE", "DIGEST", "SCANNED", "PACKAGE", "VERSION", "OUTCOME", "FIXED IN"}};
  for (const scan::Exposure& each : found.exposed) {
    Json packages = Json::array();
    for (const scan::Hit& hit : each.hits) {
      packages.push_back({{"space", hit.place.space}, {"package", hit.place.package}, {"version", hit.place.version}, {"outcome", scan::to_string(hit.judgement.outcome)}, {"fixed_in", hit.judgement.fixed_in}, {"feed", hit.judgement.feed}, {"advisory", hit.judgement.advisory.id}});
      rows.push_back({each.image.ref, each.image.digest.substr(0, 19), each.image.scanned.date(), hit.place.package, hit.place.version, std::string(scan::to_string(hit.judgement.outcome)), hit.judgement.fixed_in.empty() ? "-" : hit.judgement.fixed_in});
    }
    images.push_back(image_json(each.image));
    images.back()["packages"] = std::move(packages);
  }
  for (const scan::Remembered& each : found.doubtful) {
    doubtful.push_back(image_json(each));
    doubtful.back()["reasons"] = each.doubts;
  }
  if (context.json) {
    answer(context, {{"schema", "https://ashlar.dev/affected-images/v1"}, {"id", id}, {"images", found.images}, {"affected", std::move(images)}, {"doubtful", std::move(doubtful)}});
  } else {
    if (rows.size() > 1) context.answer->append(table(context, rows));
    say(context, fmt::format("{} is about {} of {} images that were scanned here", id, found.exposed.size(), found.images));
    for (const scan::Remembered& each : found.doubtful) say(context, visible(fmt::format("not all of '{}' is known: {}", each.ref, join(each.doubts, "; "))));
  }
  return found.doubtful.empty() ? Exit::Clean : Exit::Unknown;
}

/// What a scan makes of a component under an advisory: each finding with every statement and decision that was held against it, applied or not, and why; and
/// why it is not judged at all.
Json say_findings(Context& context, const scan::Report& report, const scan::Explained& explained, const std::string& id) {
  Json out = Json::array();
  const auto& own = explained.component;
  for (const scan::Unjudged& each : report.coverage.unknown) {
    if (each.package == own.name && each.version == own.version && each.path == own.path) say(context, visible(fmt::format("  a scan does not judge it: {}", each.reason)));
  }
  for (const scan::Finding& finding : report.findings) {
    const auto& component = finding.component;
    const bool named = finding.id == id || std::ranges::find(finding.aliases, id) != finding.aliases.end();
    if (!named || component.name != own.name || component.version != own.version || component.path != own.path || component.architecture != own.architecture) continue;
    Json steps = Json::array();
    say(context, visible(fmt::format("  {} is {}{}", finding.id, scan::to_string(finding.status), finding.reason.empty() ? "" : ": " + finding.reason)));
    for (const scan::Step& step : finding.proof) {
      if (step.kind != "statement" && step.kind != "decision") continue;
      say(context, visible(fmt::format("    {:<10} {}", step.kind, step.text)));
      steps.push_back({{"step", step.kind}, {"text", step.text}});
    }
    if (steps.empty()) say(context, "    no statement and no decision is about it");
    out.push_back({{"id", finding.id}, {"status", scan::to_string(finding.status)}, {"reason", finding.reason}, {"steps", std::move(steps)}});
  }
  return out;
}

/// What an explanation goes by: the statements and decisions that a scan counts.
Result<pipeline::ScanOptions> settle(pipeline::Workshop& workshop, const Options& options) {
  TRY_ASSIGN(auto policy, pipeline::load_policy(workshop.machine, options.policy));
  TRY_ASSIGN(auto out, pipeline::configured_scan(workshop));
  out.platform = options.platform;
  out.rules = std::move(policy.decisions);
  for (const std::string& each : options.statements) out.statements.emplace_back(each);
  return out;
}

/// The chain from each component that an advisory speaks of to what comes of it.
Result<Exit> explain_advisory(Context& context, const Options& options, const std::string& id) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  host::Path path = options.database;
  if (path.empty()) {
    TRY_ASSIGN(path, pipeline::find_database(workshop, {}));
  }
  TRY_ASSIGN(const auto database, pipeline::open_database(workshop, path, {}));
  if (options.package.empty()) return explain_everywhere(context, workshop, *database, id);
  TRY_ASSIGN(const auto named, database->named(id));
  if (named.empty()) return cannot(Kind::NotFound, fmt::format("explain '{}'", id), "no feed of the database has it");
  TRY_ASSIGN(const auto how, settle(workshop, options));
  TRY_ASSIGN(const auto all, pipeline::explain_advisory(context.machine, *database, options.package, id, how));
  TRY_ASSIGN(const auto report, pipeline::scan(context.machine, *database, options.package, how));
  Json list = Json::array();
  for (const scan::Explained& each : all) {
    Json judgements = Json::array();
    say(context, bold(context, visible(fmt::format("{} {} ({}, layer {})", each.component.name, each.component.version, each.component.path, each.component.layer))));
    say(context, visible(fmt::format("  source '{}' {}, judged in '{}'", each.place.package, each.place.version, each.place.space)));
    if (!each.within.empty()) say(context, fmt::format("  no finding: it lies within package '{}', whose maintainers patch it, and whose advisories are asked", each.within));
    for (const scan::Judgement& judgement : each.judgements) {
      Json steps = Json::array();
      say(context, fmt::format("  feed '{}', {}: {}{}", judgement.feed, judgement.advisory.id, scan::to_string(judgement.outcome), judgement.fixed_in.empty() ? "" : ", fixed in " + judgement.fixed_in));
      for (const scan::Step& step : judgement.steps) {
        say(context, visible(fmt::format("    {:<10} {}", step.kind, step.text)));
        steps.push_back({{"step", step.kind}, {"text", step.text}});
      }
      judgements.push_back({{"feed", judgement.feed}, {"advisory", judgement.advisory.id}, {"outcome", scan::to_string(judgement.outcome)}, {"fixed_in", judgement.fixed_in}, {"steps", std::move(steps)}});
    }
    Json findings = say_findings(context, report, each, id);
    list.push_back({{"name", each.component.name}, {"version", each.component.version}, {"path", each.component.path}, {"layer", each.component.layer}, {"space", each.place.space}, {"source", each.place.package}, {"source_version", each.place.version}, {"within", each.within.empty() ? Json(nullptr) : Json(each.within)}, {"judgements", std::move(judgements)}, {"findings", std::move(findings)}});
  }
  if (all.empty()) say(context, fmt::format("{} speaks of nothing that is in '{}': {} of its records were looked at, none names a package of the image in its space", id, options.package, named.size()));
  if (context.json) context.answer->clear(), answer(context, {{"schema", "https://ashlar.dev/explained-advisory/v1"}, {"id", id}, {"target", options.package}, {"components", std::move(list)}});
  return Exit::Clean;
}

}  // namespace

Action explain(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DEFINITION", options->definition, "a definition that has been locked; or an advisory (CVE-2026-0001)")->required();
  app.add_option("PACKAGE", options->package, "a package in it; or the image, root file system or SBOM that the advisory is explained for: by default every image that was scanned here");
  app.add_option("--platform", options->platform, "of this platform; the first one by default")->option_text("PLATFORM");
  app.add_option("--db", options->database, "with an advisory: this database; by default the one that `ashlar feed` keeps")->option_text("FILE");
  app.add_option("--vex", options->statements, "with an advisory: documents of statements that count, or folders of such, as for `ashlar scan`")->option_text("FILE");
  app.add_option("--policy", options->policy, "with an advisory: the policy whose section 'decisions' says which statements and decisions count; by default all do")->option_text("FILE");
  return [options](Context& context) -> Result<Exit> {
    if (const std::string id = advisory_of(context, options->definition); !id.empty()) return explain_advisory(context, *options, id);
    if (const std::string id = advisory_of(context, options->package); !id.empty()) {  // the image first: there is nothing else that it can mean
      Options turned = *options;
      turned.package = options->definition;
      return explain_advisory(context, turned, id);
    }
    if (options->package.empty()) return cannot(Kind::Invalid, fmt::format("explain '{}'", options->definition), "no package of it is named");
    const host::Path path = options->definition.ends_with(".json") ? host::Path(options->definition) : pipeline::lock_path(options->definition);
    const std::string what = fmt::format("explain '{}'", options->package);
    TRY_ASSIGN(const plan::Lock lock, read_lock_of(context, options->definition, path, what));
    const auto platform = options->platform.empty() ? lock.platforms.begin() : lock.platforms.find(options->platform);
    if (platform == lock.platforms.end()) return cannot(Kind::NotFound, what, fmt::format("'{}' has no platform '{}'", path.string(), options->platform));
    const plan::LockedPackage* package = find(platform->second, options->package);
    if (package == nullptr) return cannot(Kind::NotFound, what, fmt::format("it is not in '{}': {}", path.string(), why_not(context, options->definition, platform->second, options->package)));
    const auto users = needed_by(platform->second, package->name);
    if (context.json) {
      answer(context, Json{{"schema", "https://ashlar.dev/explanation/v1"}, {"platform", platform->first}, {"name", package->name}, {"version", package->version},
                        {"source", package->source}, {"source_version", package->source_version}, {"archive", package->archive}, {"suite", package->suite},
                        {"reason", package->reason}, {"needed_by", users}, {"needs", package->depends}});
      return Exit::Clean;
    }
    say(context, bold(context, fmt::format("{} {} ({})", package->name, package->version, platform->first)));
    say(context, fmt::format("  why        {}", package->reason));
    say(context, fmt::format("  from       {} {}, source {} {}", package->archive, package->suite, package->source, package->source_version));
    say(context, fmt::format("  needed by  {}", users.empty() ? "nothing else in the image" : join(users, ", ")));
    say(context, fmt::format("  needs      {}", package->depends.empty() ? "nothing" : join(package->depends, ", ")));
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
