#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "pipeline/configured_scan.h"
#include "pipeline/feeds.h"
#include "pipeline/make.h"
#include "pipeline/outcomes.h"
#include "pipeline/renew.h"
#include "pipeline/replay.h"
#include "policy/outcomes_forms.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> before, after, names, locks, definitions, bases, statements;
  std::string fleet, ledger, policy, preset, database, platform, scanners, minutes, now;
  pipeline::TrustSettings trust{};
};

/// The n-th of an option belongs to the n-th `--new`.
std::string nth(const std::vector<std::string>& list, size_t at) { return at < list.size() ? list[at] : std::string(); }

Result<pipeline::OutcomesWish> images_of(Context& context, pipeline::Workshop& workshop, const Options& options) {
  if (options.fleet.empty() == options.after.empty()) return cannot(Kind::Invalid, "compare outcomes", options.fleet.empty() ? "no image is named: --new REF, or a fleet" : "both a fleet and images are named");
  for (const auto& [name, list] : {std::pair("--old", &options.before), {"--image", &options.names}, {"--lock", &options.locks}, {"--definition", &options.definitions}, {"--base", &options.bases}}) {
    if (list->size() > options.after.size()) return cannot(Kind::Invalid, "compare outcomes", fmt::format("{} {} are more than images (--new)", list->size(), name));
  }
  if (!options.fleet.empty()) {
    TRY_ASSIGN(const auto fleet, pipeline::load_fleet(context.machine, options.fleet));
    TRY_ASSIGN(auto out, pipeline::outcomes_of_fleet(workshop, fleet));
    if (options.policy.empty() && options.preset.empty() && !fleet.policy.empty()) out.policy = fleet.policy.string();
    return out;
  }
  pipeline::OutcomesWish out{.lacks = "no old image is named (--old)"};
  for (const std::string& each : options.before) out.before.push_back({.ref = each});
  for (size_t at = 0; at < options.after.size(); ++at) out.after.push_back({.ref = options.after[at], .name = nth(options.names, at), .base = nth(options.bases, at), .lock = nth(options.locks, at), .definition = nth(options.definitions, at)});
  return out;
}

Result<pipeline::OutcomesWish> wish_of(Context& context, pipeline::Workshop& workshop, const Options& options) {
  TRY_ASSIGN(auto out, images_of(context, workshop, options));
  out.ledger = options.ledger;
  if (out.policy.empty()) out.policy = options.policy;
  out.preset = options.preset;
  out.platform = options.platform;
  for (const std::string_view each : split(options.scanners, ',')) {
    if (!each.empty()) out.scanners.emplace_back(each);
  }
  if (!options.now.empty()) {
    TRY_ASSIGN(out.now, Time::parse(options.now));
  }
  if (!options.minutes.empty()) {
    TRY_ASSIGN(const auto effort, pipeline::parse_effort(options.minutes));
    out.model = {.ticket = effort.ticket, .stopped = effort.stopped, .rebuild = effort.rebuild};
  }
  TRY_ASSIGN(out.scan, pipeline::configured_scan(workshop));
  out.scan.trust = pipeline::trust_by(workshop, options.trust);
  for (const std::string& each : options.statements) out.scan.statements.emplace_back(each);
  TRY_ASSIGN(auto policy, pipeline::load_policy(workshop.machine, options.policy));
  out.scan.rules = std::move(policy.decisions);
  return out;
}

constexpr size_t cell_width = 48;

/// A cell in lines of at most `width` bytes where words allow.
std::vector<std::string> wrapped(const std::string& text, size_t width) {
  std::vector<std::string> out(1);
  for (const std::string_view word : words(text)) {
    if (!out.back().empty() && out.back().size() + 1 + word.size() > width) out.emplace_back();
    if (!out.back().empty()) out.back() += ' ';
    out.back() += word;
  }
  return out;
}

void say_outcomes(Context& context, const policy::Outcomes& outcomes) {
  const policy::OutcomeTable found = policy::table_of(outcomes);
  say(context, bold(context, fmt::format("Before and after, as of {}", outcomes.now.str())));
  for (const auto& each : outcomes.images) say(context, fmt::format("{}  {}{}  {}", each.after ? "after " : "before", visible(each.ref), each.digest.empty() ? "" : " " + each.digest, each.verdict));
  std::vector<std::vector<std::string>> rows = {{"", "BEFORE", "AFTER"}};
  for (const auto& section : found.sections) {
    rows.push_back({bold(context, section.title), "", ""});
    for (const auto& row : section.rows) {
      const auto before = wrapped(visible(row.before), cell_width), after = wrapped(visible(row.after), cell_width);
      for (size_t at = 0; at < std::max(before.size(), after.size()); ++at) rows.push_back({at == 0 ? "  " + row.what : "", at < before.size() ? before[at] : "", at < after.size() ? after[at] : ""});
    }
  }
  say(context, "");
  context.answer->append(table(context, rows));
  say(context, "");
  say(context, bold(context, "Sources"));
  for (size_t at = 0; at < found.sources.size(); ++at) say(context, fmt::format("[{}] {}", at + 1, visible(found.sources[at])));
  say(context, "");
  for (const std::string& each : policy::terms_of(outcomes)) say(context, faint(context, each));
}

}  // namespace

Action outcomes(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--old", options->before, "the image from before: any that `ashlar scan` takes; repeatable")->option_text("REF");
  app.add_option("--new", options->after, "the hardened one; repeatable, in the order of what belongs to each")->option_text("REF");
  app.add_option("--fleet", options->fleet, "all images of this fleet, and what they took the place of (replaces)")->option_text("FILE");
  app.add_option("--ledger", options->ledger, "of this ledger; by default the one in the folder of state")->option_text("FILE");
  app.add_option("--image", options->names, "the name of the new image in the ledger; by default its repository")->option_text("REPO");
  app.add_option("--lock", options->locks, "the lock of the new image; by default one that is attached and signed by whom is believed")->option_text("FILE");
  app.add_option("--definition", options->definitions, "the definition of the new image, for its proofs")->option_text("FILE");
  app.add_option("--base", options->bases, "what the new image is built on; by default its history tells")->option_text("REF");
  app.add_option("--db", options->database, "this advisory database; by default the one that `ashlar feed` keeps")->option_text("FILE");
  app.add_option("--vex", options->statements, "documents of statements that count, or folders of such")->option_text("FILE");
  app.add_option("--platform", options->platform, "of this platform; the first one by default")->option_text("PLATFORM");
  app.add_option("--policy", options->policy, "the policy whose section 'sla' gives the clocks, and whose section 'decisions' says what counts")->option_text("FILE");
  app.add_option("--preset", options->preset, "what others promise: a name of policies/sla; by default 'default'")->option_text("NAME");
  app.add_option("--scanners", options->scanners, "run these on the images, too, with their own databases and without a network: grype,trivy")->option_text("NAMES");
  app.add_option("--minutes", options->minutes, "how long people are assumed to take: ticket=15,stopped=60,rebuild=45")->option_text("NAME=N,...");
  app.add_option("--now", options->now, "as of this time, instead of now")->option_text("TIME");
  add_trust_options(app, options->trust);
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(const auto wish, wish_of(context, workshop, *options));
    TRY_ASSIGN(const auto database, pipeline::open_database(workshop, options->database, wish.now));
    TRY_ASSIGN(const auto found, pipeline::outcomes(workshop, *database, wish));
    if (context.json) answer(context, policy::to_json(found));
    else if (context.format == "html") context.answer->append(policy::to_html(found));
    else say_outcomes(context, found);
    return std::ranges::any_of(found.images, [](const policy::OutcomeImageFigures& each) { return each.verdict == "unknown"; }) ? Exit::Unknown : Exit::Clean;
  };
}

}  // namespace ashlar::cli
