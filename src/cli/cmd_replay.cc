#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/amount.h"
#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/renew.h"
#include "pipeline/replay_forms.h"
#include "pipeline/sla.h"

namespace ashlar::cli {
namespace {

using Rows = std::vector<std::vector<std::string>>;

struct Options {
  std::string history, from, to, every = "1d", fleet, policy, preset, minutes, ledger;
};

Result<pipeline::ReplayWish> wish_of(const Context& context, const Options& options) {
  pipeline::ReplayWish out;
  TRY_ASSIGN(out.from, Time::parse(options.from));
  TRY_ASSIGN(out.to, Time::parse(options.to));
  TRY_ASSIGN(out.every, parse_age(options.every));
  if (!options.minutes.empty()) {
    TRY_ASSIGN(out.effort, pipeline::parse_effort(options.minutes));
  }
  if (!options.fleet.empty()) {
    TRY_ASSIGN(out.fleet, pipeline::load_fleet(context.machine, options.fleet));
  }
  return out;
}

void say_replayed(Context& context, const pipeline::Replayed& replayed, const std::string& policy) {
  say(context, bold(context, fmt::format("{} images from {} to {}, a round every {}; {} recorded facts", replayed.images.size(), replayed.from.str(), replayed.to.str(), policy::days_text(replayed.every), replayed.facts)));
  say(context, fmt::format("SLA by '{}': {}", visible(policy), policy::terms(replayed.loop.rules)));
  Rows outcome = {{"", "LOOP", "WITHOUT"}}, images = {{"IMAGE", "AT FIRST", "LAST, LOOP", "LAST, WITHOUT", "MEAN, LOOP", "MEAN, WITHOUT", "REBUILDS", "STOPPED"}}, days = {{"ROUND", "MATTER, LOOP", "WITHOUT", "OPEN, LOOP", "WITHOUT", "NAMED", "REBUILDS", "STOPPED", "TICKETS"}};
  for (const auto& each : pipeline::outcome_of(replayed)) outcome.push_back({each.what, each.loop, each.none});
  for (const auto& each : replayed.images) {
    images.push_back({visible(each.image), std::to_string(each.first.matters()), std::to_string(each.loop.matters()), std::to_string(each.none.matters()), fmt::format("{:.1f}", each.mean_loop), fmt::format("{:.1f}", each.mean_none), std::to_string(each.rebuilds), std::to_string(each.stopped)});
  }
  for (const auto* each : pipeline::days_of_change(replayed)) {
    days.push_back({each->now.str(), std::to_string(each->loop.matters()), std::to_string(each->none.matters()), std::to_string(each->loop.all_open()), std::to_string(each->none.all_open()), std::to_string(each->loop.named), std::to_string(each->rebuilds), std::to_string(each->stopped),
                    std::to_string(each->tickets)});
  }
  for (const auto& [head, rows] : {std::pair("Outcome", &outcome), {"Findings that matter, by image", &images}, {"Day by day, where something changed", &days}}) {
    say(context, "");
    say(context, bold(context, head));
    context.answer->append(table(context, *rows));
  }
  say(context, "");
  for (const std::string& each : pipeline::terms_of(replayed)) say(context, faint(context, each));
}

}  // namespace

Action replay(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--history", options->history, "recorded facts: a file of JSON lines, or a folder with history.jsonl")->required()->option_text("PATH");
  app.add_option("--from", options->from, "the first round, and the images as they are published first")->required()->option_text("TIME");
  app.add_option("--to", options->to, "no round after this")->required()->option_text("TIME");
  app.add_option("--every", options->every, "from round to round, by default 1d")->option_text("AGE");
  app.add_option("--fleet", options->fleet, "cadence, rollout and support of the images, by repository")->option_text("FILE");
  app.add_option("--policy", options->policy, "the policy whose section 'sla' says by when what is fixed")->option_text("FILE");
  app.add_option("--preset", options->preset, "what others promise: a name of policies/sla; by default 'default'")->option_text("NAME");
  app.add_option("--minutes", options->minutes, "how long people are assumed to take: ticket=15,stopped=60,rebuild=45")->option_text("NAME=N,...");
  app.add_option("--ledger", options->ledger, "writes what the loop writes down into a new ledger, for sla and audit")->option_text("FILE");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(auto wish, wish_of(context, *options));
    TRY_ASSIGN(auto rules, pipeline::sla_rules(workshop, options->policy, options->preset));
    wish.rules = std::move(rules.first);
    TRY_ASSIGN(const auto history, pipeline::load_recorded_history(*context.machine.files, options->history));
    std::optional<ledger::Ledger> ledger;
    if (!options->ledger.empty()) {
      if (context.machine.files->exists(options->ledger)) return cannot(Kind::Invalid, fmt::format("make ledger '{}'", options->ledger), "there is one already, and a replay is no part of it");
      TRY_ASSIGN(ledger, ledger::Ledger::open(options->ledger));
      wish.record = [&ledger](std::span<const ledger::Event> events, Time now) -> Done {
        TRY(ledger->append(events, now));
        return {};
      };
    }
    TRY_ASSIGN(const auto replayed, pipeline::replay(history, wish));
    if (context.json) answer(context, pipeline::to_json(replayed, rules.second));
    else if (context.format == "html") context.answer->append(pipeline::to_html(replayed, rules.second));
    else say_replayed(context, replayed, rules.second);
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
