#include "pipeline/renew.h"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "advisory/in_turns.h"
#include "base/parallel.h"
#include "base/text.h"
#include "ledger/whole.h"
#include "pipeline/inner/application_round.h"
#include "pipeline/inner/candidate.h"
#include "pipeline/inner/judged_by.h"
#include "pipeline/inner/lock_before.h"
#include "pipeline/inner/look_ahead.h"
#include "pipeline/promise.h"
#include "pipeline/proposals.h"
#include "pipeline/publish.h"
#include "pipeline/record_made.h"
#include "pipeline/sla.h"

namespace ashlar::pipeline {
namespace {

using ledger::Event;

/// One run of the loop.
class Run {
 public:
  Run(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const Fleet& fleet, const RenewOptions& options)
      : workshop_(workshop), database_(database), ledger_(ledger), fleet_(fleet), options_(options), now_(workshop.machine.clock->now()) {}

  Result<Renewed> go() {
    out_.now = now_;
    TRY(check_fleet());
    TRY(settle());
    TRY(count_unsealed());
    TRY(look());
    TRY(applications_->look(fleet_, choice_, watched_, out_));
    for (const Watched& each : watched_) out_.facts.push_back(each.facts);
    std::vector<policy::ImageFacts> all = out_.facts;
    all.insert(all.end(), applications_->bases().begin(), applications_->bases().end());
    out_.due = policy::due(all, now_);
    out_.path = policy::critical_path(out_.due);
    if (options_.plan) return std::move(out_);
    renew_all();
    for (const policy::Due& due : out_.due) TRY(follow(due));
    // What was written down is sealed, so that what comes later cannot change it unseen.
    if (options_.make.key != nullptr && (out_.events > 0 || out_.sealed_late > 0)) TRY(ledger_.seal(*options_.make.key, workshop_.machine.clock->now()));
    return std::move(out_);
  }

 private:
  /// What would fail only later: names that the fleet has not, agreements that are none.
  Done check_fleet() {
    TRY(check_downstream(workshop_, fleet_));
    TRY_ASSIGN(choice_, choose(fleet_, options_.only));
    for (const FleetImage& each : fleet_.images) {
      out_.fleet.push_back(each.repository);
      if (!each.owner.empty()) out_.owners[each.repository] = each.owner;
      if (each.sla.empty()) continue;
      if (auto agreed = agreement_of(workshop_, options_.make.policy, each); !agreed) return cannot(fmt::format("take '{}' by fleet '{}'", each.repository, fleet_.path), std::move(agreed).error());
    }
    for (const FleetApplication& each : fleet_.applications) out_.fleet.push_back(each.ref);
    return {};
  }

  /// By what everything is judged in this round.
  Done settle() {
    const policy::Policy& policy = options_.make.policy;
    how_ = {.lock = options_.make.build.lock, .settings = options_.make.scan.settings, .trust = options_.make.scan.trust, .rules = policy.decisions, .gate = policy.gate.stop_on, .judged_by = {}, .signs = options_.make.key != nullptr, .policy = policy, .remember = !options_.plan};
    TRY_ASSIGN(how_.judged_by, judged_by(workshop_, fleet_, options_.make));
    ApplicationRound::Record record;
    if (!options_.plan) record = [this](const std::vector<Event>& events) { return this->record(events); };
    applications_.emplace(workshop_, *in_turns_, ledger_, options_, how_.judged_by, std::move(record));
    return {};
  }

  /// What a round that was cut off, or somebody without a key, left after the last checkpoint.
  Done count_unsealed() {
    if (options_.plan || options_.make.key == nullptr) return {};
    TRY_ASSIGN(out_.sealed_late, ledger_.unsealed());
    if (out_.sealed_late > 0) workshop_.progress.note(fmt::format("{} of the ledger {} not sealed yet, and {} with this round: `rollback`, `audit report` and whoever writes without a key seal none, nor does a round that was cut off", out_.sealed_late == 1 ? "1 event" : fmt::format("{} events", out_.sealed_late), out_.sealed_late == 1 ? "was" : "were", out_.sealed_late == 1 ? "is" : "are"));
    return {};
  }

  /// Every image that is asked for, some beside each other, and what is new of it.
  Done look() {
    const auto& images = choice_.images;
    workshop_.progress.stage("look at the fleet", images.size());
    out_.images = images.size();
    std::vector<ImageHistory> histories;
    for (const FleetImage* each : images) {
      TRY_ASSIGN(histories.emplace_back(), history_of(ledger_, each->repository));
    }
    std::vector<std::optional<Result<Watched>>> seen(images.size());
    in_parallel(images.size(), threads_for(most_beside, options_.make.build.threads), [&](size_t at, size_t) {
      workshop_.progress.step(images[at]->repository, 1);
      seen[at] = look_at(workshop_, *in_turns_, std::move(histories[at]), *images[at], how_, now_);
    });
    for (size_t at = 0; at < images.size(); ++at) {
      auto& watched = *seen[at];
      if (!watched) {
        out_.unseen.emplace_back(images[at]->repository, std::move(watched).error());
        continue;
      }
      if (watched->facts.end && watched->facts.end->seconds - now_.seconds > fleet_.announce) watched->facts.end.reset();
      if (options_.again) watched->facts.stopped.clear(), watched->facts.by_hand.clear();
      if (!options_.plan) TRY(record(watched->events));
      TRY(set_deadlines(workshop_, ledger_, options_.make.policy, !options_.plan, *watched, now_));
      watched_.push_back(std::move(*watched));
    }
    return {};
  }

  Watched* find(const std::string& image) {
    const auto found = std::ranges::find(watched_, image, [](const Watched& each) -> const std::string& { return each.image.repository; });
    return found == watched_.end() ? nullptr : &*found;
  }

  /// Makes every image that is due, the most urgent first, some beside each other: each has threads of its own, and run tests that have their time.
  void renew_all() {
    std::vector<const policy::Due*> makes;
    for (const policy::Due& due : out_.due) {
      if ((due.action == policy::DueAction::Rebuild || due.action == policy::DueAction::Promote) && !due.held && find(due.image) != nullptr) makes.push_back(&due);
    }
    out_.done.resize(makes.size());
    in_parallel(makes.size(), threads_for(most_beside, options_.make.build.threads), [&](size_t at, size_t) { out_.done[at] = renew_one(*find(makes[at]->image), makes[at]->action); });
  }

  Renewal renew_one(Watched& watched, policy::DueAction action) {
    Renewal renewal{.image = watched.image.repository, .action = action};
    workshop_.progress.stage(fmt::format("renew {}", renewal.image), 0);
    auto done = make_again(watched, action == policy::DueAction::Promote, renewal);
    if (!done) {
      renewal.outcome = Renewal::Outcome::Failed;
      renewal.why = {done.error().message};
      renewal.error = std::move(done).error();
      if (auto back = LockBefore(workshop_, watched.image.definition).restore(); !back) renewal.why.push_back(fmt::format("its newer lock stays where it is: {}", back.error().message));
    }
    return renewal;
  }

  /// What is done once all that is due was made.
  Done follow(const policy::Due& due) {
    if (due.action == policy::DueAction::Rebase) {
      const bool promoted = std::ranges::any_of(out_.done, [&](const Renewal& each) { return each.outcome == Renewal::Outcome::Promoted && std::ranges::find(due.after, each.image) != due.after.end(); });
      return applications_->follow(due, promoted, out_);
    }
    const Watched* const found = find(due.image);
    if (found == nullptr || due.held) return {};
    if (due.action == policy::DueAction::Promise) return say(*found);
    if (due.action != policy::DueAction::Announce) return {};
    Event event{.kind = ledger::Kind::Noted, .at = now_, .image = due.image};
    event.by = by_;
    event.facts = {{"what", "end-announced"}, {"end", found->facts.end->date()}, {"reason", due.reason}};
    return record({event});
  }

  /// Says what is promised of what is published, unless it was said with what took its place in this round.
  Done say(const Watched& watched) {
    const std::string& image = watched.image.repository;
    if (options_.make.key == nullptr || std::ranges::any_of(out_.done, [&](const Renewal& each) { return each.image == image && each.outcome == Renewal::Outcome::Promoted; })) return {};
    Renewal renewal{.image = image, .action = policy::DueAction::Promise};
    const auto promise = promise_of(watched.image, options_.make.policy);
    const auto& promoted = watched.history.promoted;
    auto said = say_promise(workshop_, watched.ref, watched.image, promise, promoted ? promoted->at : now_, *options_.make.key);
    if (!said) {
      renewal.why = {said.error().message};
      renewal.error = std::move(said).error();
      out_.done.push_back(std::move(renewal));
      return {};
    }
    renewal.outcome = Renewal::Outcome::Said;
    renewal.digest = watched.facts.published;
    renewal.why = {watched.facts.promise};
    out_.done.push_back(std::move(renewal));
    Event event{.kind = ledger::Kind::Noted, .at = workshop_.machine.clock->now(), .image = image, .digest = watched.facts.published};
    event.by = by_;
    event.facts = {{"what", "promised"}, {"promise", promise_identity(promise)}, {"reason", watched.facts.promise}};
    std::erase_if(event.facts, [](const auto& each) { return each.second.empty(); });
    return record({event});
  }

  /// A newer lock, unless what waits is promoted; made from it; and what came of it.
  Done make_again(Watched& watched, bool promote, Renewal& out) {
    LockBefore before(workshop_, watched.image.definition);
    if (!promote && watched.takes_newer) TRY(before.replace(watched.before, to_pretty(plan::to_json(watched.newer))));
    MakeOptions how = options_.make;
    const bool canary = watched.image.rollout && !promote && !watched.facts.published.empty();
    const FleetImage& image = watched.image;
    how.support = promise_of(image, options_.make.policy);
    if (how.support) how.support->promised = how.support->published = workshop_.machine.clock->now();
    if (canary) how.tags = {watched.image.rollout->canary};
    if (!canary) how.before_tags = [&](const Digest& digest) { return announce_move(watched, digest.str()); };
    if (promote) {
      TRY_ASSIGN(how.tested, Digest::parse(watched.facts.canary->digest));  // what soaked, and no other
    }
    TRY_ASSIGN(const Made made, make(workshop_, *in_turns_, watched.image.definition, watched.to, how));
    const std::scoped_lock hold(ledger_turn_);
    out.digest = made.digest.str();
    out.seconds = made.timings.total;
    return made.verdict.passed ? passed(watched, made, canary, before, out) : stopped(watched, made, before, out);
  }

  /// Where tags go back to what was promoted before, that is written down first: were the round cut off before it says what came of it, the next would take it for somebody's hand.
  Done announce_move(const Watched& watched, const std::string& digest) {
    if (!watched.history.promoted_before.contains(digest) || watched.history.moving == digest) return {};
    const std::scoped_lock hold(ledger_turn_);
    Event event{.kind = ledger::Kind::Noted, .at = workshop_.machine.clock->now(), .image = watched.image.repository, .digest = digest};
    event.by = by_;
    event.facts = {{"what", "moving"}, {"reason", "it was promoted before, and is again"}};
    return record({event});
  }

  Done stopped(const Watched& watched, const Made& made, LockBefore& before, Renewal& out) {
    out.outcome = Renewal::Outcome::Stopped;
    out.why = reasons_of(made.verdict);
    TRY_ASSIGN(out.candidate, put_aside(workshop_, made.candidate, made.digest, &made.locked, "stopped"));
    TRY(before.restore());
    Making making = making_of(watched, made);
    making.candidate = out.candidate;
    ScanOptions scan = options_.make.scan;
    scan.also_named = {watched.to.location};
    scan.gate = how_.gate, scan.rules = how_.rules;
    TRY_ASSIGN(making.judged, judged_now(workshop_, *in_turns_, out.candidate, scan));
    return record(events_of(made, making, watched.history));
  }

  Done passed(const Watched& watched, const Made& made, bool canary, LockBefore& before, Renewal& out) {
    out.outcome = canary ? Renewal::Outcome::Canary : Renewal::Outcome::Promoted;
    out.revision = made.revision;
    out.moved = made.moved;
    out.ahead = ahead_of(watched.history, made.lock, packages_identity(made.locked));
    Making making = making_of(watched, made);
    making.tags = join(made.tags, " ");
    if (canary) making.other = "canary";
    TRY_ASSIGN(const auto history, history_of(ledger_, watched.image.repository));
    const auto events = events_of(made, making, history);
    for (const Event& each : events) {
      if (each.kind == ledger::Kind::Closed) out.closed.push_back(each.vulnerability + " " + each.package);
    }
    TRY(record(events));
    return before.forget();
  }

  /// What decided about it is the lock that it was made from: where a canary is stopped, that is not what a renewal would take by now.
  Making making_of(const Watched& watched, const Made& made) const {
    return {.image = watched.image.repository, .by = by_, .at = workshop_.machine.clock->now(), .inputs = inputs_of(made.lock, made.definition_digest, how_.judged_by)};
  }
  Done record(const std::vector<Event>& events) {
    if (events.empty()) return {};
    TRY(ledger_.append(events, workshop_.machine.clock->now()));
    out_.events += events.size();
    return {};
  }

  static constexpr size_t most_beside = 4;
  const std::string by_ = "ashlar renew";
  Workshop& workshop_;
  advisory::Database& database_;
  std::unique_ptr<advisory::Database> in_turns_ = advisory::in_turns(database_);  ///< for images that are made beside each other
  ledger::Ledger& ledger_;
  std::mutex ledger_turn_;
  const Fleet& fleet_;
  const RenewOptions& options_;
  Time now_;
  WatchOptions how_;
  FleetChoice choice_;
  std::vector<Watched> watched_;
  std::optional<ApplicationRound> applications_;
  Renewed out_;
};

}  // namespace

std::string_view to_string(Renewal::Outcome outcome) {
  constexpr std::array<std::string_view, 6> words = {"promoted", "canary", "stopped", "failed", "told", "said"};
  return words.at(static_cast<size_t>(outcome));
}

Result<ledger::Ledger> begin_ledger(const Workshop& workshop) {
  TRY(workshop.machine.files->make_folders(workshop.folders.state));
  return ledger::Ledger::open(ledger_path(workshop.folders));
}

Result<std::unique_ptr<host::FileLock>> take_renewal_turn(const Workshop& workshop) {
  TRY(workshop.machine.files->make_folders(workshop.folders.state));
  return workshop.machine.files->lock(workshop.folders.state / "renew.lock");
}

Result<Fleet> load_fleet(const host::Machine& machine, const host::Path& path) {
  auto text = machine.files->read(path);
  if (!text) return cannot(fmt::format("read fleet '{}'", path.string()), std::move(text).error());
  return read_fleet(std::move(*text), path);
}

Result<Renewed> renew(Workshop& workshop, advisory::Database& database, const Fleet& fleet, const RenewOptions& options) {
  if (options.plan) {
    const host::Path path = ledger_path(workshop.folders);
    TRY_ASSIGN(auto ledger, workshop.machine.files->exists(path) ? ledger::Ledger::open(path) : ledger::Ledger::in_memory());
    TRY(ledger::require_whole(ledger));
    return Run(workshop, database, ledger, fleet, options).go();
  }
  TRY_ASSIGN(const auto turn, take_renewal_turn(workshop));
  TRY_ASSIGN(auto ledger, begin_ledger(workshop));
  TRY(ledger::require_whole(ledger));  // before anything is published by what it says
  if (options.candidates) return look_ahead(workshop, database, ledger, fleet, options);
  return Run(workshop, database, ledger, fleet, options).go();
}

}  // namespace ashlar::pipeline
