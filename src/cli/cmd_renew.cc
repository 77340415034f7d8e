#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "base/amount.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "cli/lock_options.h"
#include "pipeline/configured_scan.h"
#include "pipeline/exposure.h"
#include "pipeline/feeds.h"
#include "pipeline/proposals.h"
#include "pipeline/renew.h"
#include "pipeline/standing.h"
#include "pipeline/told.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string fleet = "fleet.yaml", database, advisory, every, builder = "https://ashlar.dev/builder/self-hosted", now;
  KeyFlags key{};
  bool unsigned_ = false, once = false, keep_feeds = false;
  pipeline::RenewOptions renew{};
};

/// A clock that stands.
class FixedClock final : public host::Clock {
 public:
  explicit FixedClock(Time now) : now_(now) {}
  Time now() override { return now_; }

 private:
  Time now_;
};

/// No feed is read from standard input here.
class Nothing final : public Source {
 public:
  Result<size_t> read(std::span<std::uint8_t>) override { return size_t{0}; }
};

Json to_json(const policy::OpenFinding& finding) {
  return {{"cve", finding.vulnerability}, {"package", finding.package}, {"severity", advisory::to_string(finding.severity)}, {"kev", finding.exploited}, {"epss", finding.likelihood}, {"opened", finding.opened.str()},
          {"deadline", finding.deadline ? Json(finding.deadline->str()) : Json(nullptr)}, {"fixed_in", finding.fixed_in}, {"fix_at_hand", finding.fix_at_hand}};
}

Json to_json(const policy::Due& due) {
  Json findings = Json::array();
  for (const auto& each : due.findings) findings.push_back(to_json(each));
  return {{"image", due.image}, {"action", policy::to_string(due.action)}, {"reason", due.reason}, {"because", due.because}, {"cve", due.findings.empty() ? Json(nullptr) : Json(due.findings.front().vulnerability)},
          {"findings", std::move(findings)}, {"opened", due.opened.str()}, {"deadline", due.deadline ? Json(due.deadline->str()) : Json(nullptr)}, {"held", due.held}, {"after", due.after}, {"seconds", due.seconds}};
}

Json to_json(const pipeline::Renewal& done) {
  return {{"image", done.image}, {"action", policy::to_string(done.action)}, {"outcome", pipeline::to_string(done.outcome)}, {"digest", done.digest}, {"revision", done.revision}, {"moved", done.moved},
          {"why", done.why}, {"candidate", done.candidate}, {"closed", done.closed}, {"ahead", done.ahead.empty() ? Json(nullptr) : Json(done.ahead)}, {"seconds", done.seconds}};
}

Json to_json(const pipeline::Ahead& ahead) {
  return {{"image", ahead.image}, {"outcome", pipeline::to_string(ahead.outcome)}, {"lock", ahead.lock}, {"changes", ahead.changes}, {"why", ahead.why}, {"breaking", ahead.breaking}, {"digest", ahead.digest}, {"candidate", ahead.candidate}, {"known", ahead.known}, {"seconds", ahead.seconds}};
}

/// When what stands under an image's canary tag is promoted; nothing where nothing soaks.
std::optional<Time> soaks_until(const policy::ImageFacts& facts, Time now) {
  if (!facts.canary || !facts.by_hand.empty()) return std::nullopt;
  const Time ready{facts.canary->since.seconds + facts.canary->soak};
  return ready > now ? std::optional(ready) : std::nullopt;
}

Json to_json(const pipeline::Renewed& renewed, bool plan) {
  Json ahead = Json::array();
  for (const auto& each : renewed.ahead) ahead.push_back(to_json(each));
  Json due = Json::array(), done = Json::array(), unseen = Json::array(), soaking = Json::array();
  for (const auto& each : renewed.facts) {
    if (const auto until = soaks_until(each, renewed.now)) soaking.push_back({{"image", each.image}, {"digest", each.canary->digest}, {"since", each.canary->since.str()}, {"until", until->str()}});
  }
  for (const auto& each : renewed.due) due.push_back(to_json(each));
  for (const auto& each : renewed.done) done.push_back(to_json(each));
  for (const auto& [image, error] : renewed.unseen) unseen.push_back({{"image", image}, {"error", error.message}});
  return {{"schema", "https://ashlar.dev/renew/v1"}, {"now", renewed.now.str()}, {"plan", plan}, {"images", renewed.images}, {"due", std::move(due)}, {"critical_path", {{"images", renewed.path.images}, {"seconds", renewed.path.seconds}}},
          {"done", std::move(done)}, {"ahead", std::move(ahead)}, {"unseen", std::move(unseen)}, {"soaking", std::move(soaking)}, {"events", renewed.events}, {"sealed_late", renewed.sealed_late}};
}

/// What is due of one image, as a tree.
void say_due(Context& context, const policy::Due& due) {
  std::string head = fmt::format("{:<9} {}  {}", policy::to_string(due.action), due.image, due.reason);
  if (due.deadline && due.action != policy::DueAction::Promote) head += fmt::format("; until {}", due.deadline->str());
  say(context, bold(context, head));
  for (size_t at = 0; at < due.because.size(); ++at) say(context, faint(context, fmt::format("  {} {}", at + 1 == due.because.size() ? "└" : "├", due.because[at])));
}

/// What a promotion owes to looking ahead.
std::string_view words_of_ahead(const std::string& ahead) {
  if (ahead == "held") return "these very packages were built and tested ahead of the archives";
  return ahead == "differs" ? "what was tried ahead of the archives was another lock, or did not pass" : "nothing was tried ahead of the archives";
}

void say_done(Context& context, const pipeline::Renewal& done) {
  using Outcome = pipeline::Renewal::Outcome;
  if (done.outcome == Outcome::Said) return say(context, bold(context, fmt::format("{:<9} {}  of {}: {}", pipeline::to_string(done.outcome), done.image, done.digest.substr(0, 19), join(done.why, ", "))));
  const bool published = done.outcome == Outcome::Promoted || done.outcome == Outcome::Canary;
  say(context, bold(context, fmt::format("{:<9} {}  {}", pipeline::to_string(done.outcome), done.image, published ? fmt::format("{}{}, {}", done.digest.substr(0, 19), done.revision.empty() ? "" : " as " + done.revision, done.moved.empty() ? "no tag moved" : "moved " + join(done.moved, ", ")) : std::string("its tags stay where they were"))));
  for (const std::string& each : done.why) say(context, fmt::format("  {}", each));
  if (!done.closed.empty()) say(context, fmt::format("  closed {}", join(done.closed, ", ")));
  if (!done.ahead.empty()) say(context, fmt::format("  {}", words_of_ahead(done.ahead)));
  if (!done.candidate.empty()) say(context, fmt::format("  the candidate is {}", done.candidate));
}

void say_ahead(Context& context, const pipeline::Ahead& ahead) {
  using Outcome = pipeline::Ahead::Outcome;
  const bool made = ahead.outcome == Outcome::Passed || ahead.outcome == Outcome::Stopped;
  const std::string what = made ? fmt::format("{} proposed {}{}", ahead.changes.size(), ahead.changes.size() == 1 ? "change" : "changes", ahead.known ? ", as known" : fmt::format(", {:.1f} s", ahead.seconds)) : ahead.outcome == Outcome::Failed ? "it could not be made" : "nothing is proposed";
  say(context, bold(context, fmt::format("{:<9} {}  {}", pipeline::to_string(ahead.outcome), ahead.image, what)));
  for (const std::string& each : ahead.changes) say(context, faint(context, fmt::format("  {}", each)));
  for (const std::string& each : ahead.why) say(context, fmt::format("  {}", each));
  for (const std::string& each : ahead.breaking) say(context, fmt::format("  breaks {}", each));
  if (!ahead.candidate.empty()) say(context, fmt::format("  the candidate is {}", ahead.candidate));
}

void say_renewed(Context& context, const pipeline::Renewed& renewed, bool plan) {
  for (const auto& each : renewed.ahead) say_ahead(context, each);
  if (!renewed.ahead.empty()) return;
  for (const auto& [image, error] : renewed.unseen) say(context, bold(context, fmt::format("unseen    {}  {}", image, error.message)));
  for (const auto& each : renewed.due) say_due(context, each);
  for (const auto& each : renewed.facts) {
    if (const auto until = soaks_until(each, renewed.now)) say(context, fmt::format("soaks     {}  {} stands under its canary tag since {}, and is promoted from {} on", each.image, each.canary->digest.substr(0, 19), each.canary->since.str(), until->str()));
  }
  if (renewed.path.images.size() > 1 || (!renewed.path.images.empty() && renewed.path.seconds > 0)) say(context, fmt::format("critical path: {}{}", join(renewed.path.images, " -> "), renewed.path.seconds > 0 ? fmt::format(", {:.1f} s as last time", renewed.path.seconds) : ""));
  for (const auto& each : renewed.done) say_done(context, each);
  if (renewed.due.empty() && renewed.unseen.empty()) say(context, fmt::format("{} {} looked at, nothing is due, nothing was rebuilt", renewed.images, renewed.images == 1 ? "image" : "images"));
  else if (plan) say(context, fmt::format("{} {} looked at; nothing was done, --once does it", renewed.images, renewed.images == 1 ? "image" : "images"));
  if (!renewed.unseen.empty()) say(context, fmt::format("{} could not be seen: whether something is due for that nobody knows", renewed.unseen.size()));
}

Exit exit_of(const std::vector<pipeline::Ahead>& ahead) {
  using Outcome = pipeline::Ahead::Outcome;
  Exit out = Exit::Clean;
  for (const auto& each : ahead) {
    if (each.error && each.error->kind == Kind::Unavailable) return Exit::Unavailable;
    if (each.outcome == Outcome::Failed) out = Exit::Wrong;
    else if (each.outcome == Outcome::Stopped && out == Exit::Clean) out = Exit::No;
  }
  return out;
}

Exit exit_of(const pipeline::Renewed& renewed, bool plan) {
  if (!renewed.ahead.empty()) return exit_of(renewed.ahead);
  using Outcome = pipeline::Renewal::Outcome;
  const bool unknown = std::ranges::any_of(renewed.due, [](const auto& each) { return each.action == policy::DueAction::Look; });
  const bool away = std::ranges::any_of(renewed.unseen, [](const auto& each) { return each.second.kind == Kind::Unavailable; });
  const bool failed = std::ranges::any_of(renewed.done, [](const auto& each) { return each.outcome == Outcome::Failed; });
  const bool stopped = std::ranges::any_of(renewed.done, [](const auto& each) { return each.outcome == Outcome::Stopped; }) || std::ranges::any_of(renewed.due, &policy::Due::held);
  if (away) return Exit::Unavailable;
  if (!renewed.unseen.empty() || failed) return Exit::Wrong;
  if (unknown) return Exit::Unknown;
  return stopped || (plan && !renewed.due.empty()) ? Exit::No : Exit::Clean;
}

Result<pipeline::RenewOptions> settle(Context& context, pipeline::Workshop& workshop, const pipeline::Fleet& fleet, const Options& options) {
  pipeline::RenewOptions out = options.renew;
  TRY_ASSIGN(out.make.scan, pipeline::configured_scan(workshop));
  out.make.builder = options.builder;
  TRY_ASSIGN(out.make.policy, pipeline::load_policy(context.machine, fleet.policy));
  return out;
}

void say_told(Context& context, const pipeline::Told& told) {
  for (const auto& each : told.delivery.holds) context.progress.note(fmt::format("'{}' is not told now: {}; what waits is shown by `ashlar tickets list`", each.target, each.cause));
  for (const auto& each : told.delivery.refused) context.progress.alarm(fmt::format("'{}' refuses '{}': {}", each.target, each.title, each.cause));
  for (const auto& each : told.delivery.delivered) context.progress.detail(fmt::format("told '{}': {}{}", each.target, each.title, each.url.empty() ? "" : " " + each.url));
}

/// Looks once, and does what is due.
Result<pipeline::Renewed> once(Context& context, const Options& options, const trust::PrivateKey* key) {
  TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
  if (!options.advisory.empty()) {
    TRY_ASSIGN(const auto database, pipeline::open_database(workshop, options.database, std::nullopt));
    std::optional<pipeline::Fleet> fleet;
    if (context.machine.files->exists(options.fleet)) {
      TRY_ASSIGN(fleet, pipeline::load_fleet(context.machine, options.fleet));
    }
    return pipeline::due_by_advisory(workshop, *database, options.advisory, fleet ? &*fleet : nullptr);
  }
  TRY_ASSIGN(const auto fleet, pipeline::load_fleet(context.machine, options.fleet));
  TRY_ASSIGN(auto how, settle(context, workshop, fleet, options));
  how.make.key = key;
  TRY_ASSIGN(const auto waiting, pipeline::waiting_decisions(context.machine, how.make.scan.settings.exceptions, how.make.scan.trust, how.make.policy.decisions, context.machine.clock->now()));
  for (const std::string& each : waiting) context.progress.note(each);
  if (options.database.empty() && !options.keep_feeds && !how.make.build.lock.offline) {
    Nothing input;
    const auto updated = pipeline::update_feeds(workshop, {}, input);
    if (!updated) context.progress.alarm(fmt::format("the advisories stay as they were: {}", updated.error().message));
    else for (const auto& each : updated->faults) context.progress.alarm(fmt::format("feed '{}' stays as it was: {}", each.feed, each.error.message));
  }
  TRY_ASSIGN(const auto database, pipeline::open_database(workshop, options.database, std::nullopt));
  TRY_ASSIGN(auto renewed, pipeline::renew(workshop, *database, fleet, how));
  if (options.renew.plan) return renewed;
  if (!options.renew.candidates) {
    const auto proposed = pipeline::propose(workshop, *database, fleet, renewed, how);
    if (!proposed) context.progress.alarm(proposed.error().message);
    else for (const auto& [repository, error] : proposed->unread) context.progress.alarm(fmt::format("no pull request is opened now in {}: {}", repository, error.message));
  }
  // What could not be told waits in the queue: it is no fault of the renewal.
  const auto told = pipeline::tell(workshop, renewed);
  if (!told) context.progress.alarm(told.error().message);
  else say_told(context, *told);
  return renewed;
}

}  // namespace

Action renew(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("IMAGE", options->renew.only, "look at these images of the fleet alone: by where they are published, with or without docker:// or oci: and tag, by their definition, or an application by its reference");
  app.add_option("--fleet", options->fleet, "the images that are kept up to date; fleet.yaml by default")->option_text("FILE");
  auto* const plan = app.add_flag("--plan", options->renew.plan, "say what is due and why, and do nothing; exit 1 where something is");
  app.add_flag("--once", options->once, "do what is due, once; this is what happens without an option")->excludes(plan);
  app.add_option("--advisory", options->advisory, "with --plan: what this one makes due among all images that were ever looked at or scanned here, without looking at any of them again")->option_text("ID")->needs(plan);
  app.add_flag("--candidates", options->renew.candidates, "look ahead: build and test what the archives propose, and publish nothing; exit 1 where something is stopped")->excludes(plan);
  app.add_option("--every", options->every, "do it again after so long, until ended: 1h")->option_text("AGE")->excludes(plan);
  app.add_option("--now", options->now, "take this for the present moment: 2026-11-27T06:00:00Z")->option_text("TIME");
  auto* const key = add_key_options(app, options->key, "the private key that signs images and what is said of them: a PEM file, cosign's too, or a key in a token (pkcs11:...)");
  app.add_flag("--unsigned", options->unsigned_, "publish without signatures and statements")->excludes(key);
  app.add_option("--db", options->database, "this advisory database; by default the one that `ashlar feed` keeps, brought up to date first")->option_text("FILE");
  app.add_flag("--keep-feeds", options->keep_feeds, "take the advisories as they are here, without asking their publishers");
  app.add_flag("--again", options->renew.again, "do what was stopped before, though nothing has changed since");
  app.add_option("--builder", options->builder, "who answers for builds in their provenance, a URI")->option_text("URI");
  app.add_option("--jobs", options->renew.make.build.threads, "use so many threads; as many as there are processors by default")->option_text("N");
  add_lock_options(app, options->renew.make.build.lock);
  return [options](Context& context) -> Result<Exit> {
    if (options->key.key.empty() && !options->unsigned_ && !options->renew.plan && !options->renew.candidates) return cannot(Kind::Invalid, "renew", "name the key that signs with --key, or say --unsigned; --plan and --candidates need neither");
    std::string ahead;
    if (!options->now.empty()) {
      TRY_ASSIGN(const Time now, Time::parse(options->now));
      if (now > context.machine.clock->now()) ahead = fmt::format(" (that is as of --now {}, which has not come yet: Release files of archives are valid for days, and so are advisories; today it may be well)", now.str());
      context.machine.clock = std::make_unique<FixedClock>(now);
    }
    std::optional<trust::PrivateKey> signer;
    if (!options->key.key.empty()) {
      TRY_ASSIGN(signer, open_private_key(context, options->key));
    }
    std::int64_t wait = 0;
    if (!options->every.empty()) {
      TRY_ASSIGN(wait, parse_age(options->every));
      if (wait <= 0 || !options->now.empty()) return cannot(Kind::Invalid, "renew", "--every takes a length of time, and goes by the real clock");
    }
    for (;;) {
      auto renewed = once(context, *options, signer ? &*signer : nullptr);
      if (wait == 0) {
        if (!renewed) renewed.error().message += ahead;
        else for (auto& [image, error] : renewed->unseen) error.message += ahead;
        if (!renewed) return std::unexpected(std::move(renewed).error());
        if (context.json) answer(context, to_json(*renewed, options->renew.plan));
        else say_renewed(context, *renewed, options->renew.plan);
        return exit_of(*renewed, options->renew.plan);
      }
      // Each round is told as notes: the answer of a verb that does not end is never written.
      if (!renewed) context.progress.alarm(renewed.error().message);
      else context.progress.note(to_json(*renewed, false).dump());
      std::this_thread::sleep_for(std::chrono::seconds(wait));
    }
  };
}

}  // namespace ashlar::cli
