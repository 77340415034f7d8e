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
#include "pipeline/applications.h"
#include "pipeline/backing.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/candidate.h"
#include "pipeline/inner/look_ahead.h"
#include "pipeline/proposals.h"
#include "pipeline/publish.h"
#include "pipeline/record_made.h"
#include "pipeline/sla.h"

namespace ashlar::pipeline {
namespace {

using ledger::Event;

/// What decides how a gate answers beside definition, lock and advisories.
Result<std::string> judged_by(Workshop& workshop, const Fleet& fleet, const MakeOptions& make) {
  host::Files& files = *workshop.machine.files;
  std::string all;
  std::vector<host::Path> paths = make.scan.settings.statements;
  paths.insert(paths.end(), make.scan.statements.begin(), make.scan.statements.end());
  paths.push_back(make.scan.settings.exceptions);
  paths.push_back(fleet.policy);
  paths.push_back(make.scan.trust.keyring);
  for (size_t at = 0, count = paths.size(); at < count; ++at) paths.push_back(records_path(paths[at]));
  for (const host::Path& path : paths) {
    if (path.empty() || !files.exists(path)) continue;
    TRY_ASSIGN(const auto stat, files.stat(path));
    std::vector<host::Path> each = {path};
    if (stat.type == host::NodeType::Directory) {
      each.clear();
      TRY_ASSIGN(const auto names, files.list(path));
      for (const std::string& name : names) {
        if (name.ends_with(".json")) each.push_back(path / name);
      }
    }
    for (const host::Path& file : each) {
      TRY_ASSIGN(const std::string text, files.read(file));
      all += Digest::of(text).hex();
    }
  }
  return Digest::of(all).hex();
}

/// The lock that was there before a renewal, while that is on its way.
class Before {
 public:
  Before(Workshop& workshop, const Watched& watched)
      : files_(*workshop.machine.files), lock_(lock_path(watched.image.definition)), kept_(workshop.folders.state / "renewals" / (Digest::of(std::filesystem::absolute(lock_).string()).hex().substr(0, 16) + ".lock.json")) {}

  /// Puts the newer lock in its place. What was there before a renewal that was cut off stays the one to go back to, unless somebody has changed the lock since.
  Done replace(const std::string& before, const std::string& newer) {
    TRY(files_.make_folders(kept_.parent_path()));
    if (!files_.exists(kept_) || !is_ours()) TRY(files_.write(kept_, before));
    TRY(files_.write(ours_, Digest::of(newer).hex()));
    return files_.write(lock_, newer);
  }
  /// Goes back to it. Nothing where nothing was replaced, or the lock is not the one that a renewal wrote.
  Done restore() {
    if (!files_.exists(kept_)) return {};
    if (!is_ours()) return files_.remove(kept_);
    TRY_ASSIGN(const std::string before, files_.read(kept_));
    if (before.empty()) TRY(files_.remove(lock_));
    else TRY(files_.write(lock_, before));
    return files_.remove(kept_);
  }
  Done forget() { return files_.remove(kept_); }

 private:
  /// Whether the lock that lies there is the one that a renewal wrote last.
  bool is_ours() {
    const auto now = files_.read(lock_), written = files_.read(ours_);
    return now && written && Digest::of(*now).hex() == *written;
  }
  host::Files& files_;
  host::Path lock_, kept_, ours_ = host::Path(kept_).replace_extension(".ours");
};

/// One run of the loop.
class Run {
 public:
  Run(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const Fleet& fleet, const RenewOptions& options)
      : workshop_(workshop), database_(database), ledger_(ledger), fleet_(fleet), options_(options), now_(workshop.machine.clock->now()) {}

  Result<Renewed> go() {
    out_.now = now_;
    TRY(check_fleet());
    TRY(look());
    for (const Watched& each : watched_) out_.facts.push_back(each.facts);
    out_.due = policy::due(out_.facts, now_);
    out_.path = policy::critical_path(out_.due);
    if (options_.plan) return std::move(out_);
    renew_all();
    for (const policy::Due& due : out_.due) TRY(follow(due));
    // What was written down is sealed, so that what comes later cannot change it unseen.
    if (options_.make.key != nullptr && out_.events > 0) TRY(ledger_.seal(*options_.make.key, workshop_.machine.clock->now()));
    return std::move(out_);
  }

 private:
  /// What would fail only later: names that the fleet has not, agreements that are none.
  Done check_fleet() {
    TRY(check_downstream(workshop_, fleet_));
    for (const std::string& name : options_.only) {
      const bool there = std::ranges::any_of(fleet_.images, [&](const FleetImage& each) { return each.repository == name; });
      std::vector<std::string> names;
      for (const FleetImage& each : fleet_.images) names.push_back(each.repository);
      if (!there) return cannot(Kind::NotFound, fmt::format("renew '{}'", name), fmt::format("the fleet has {}", join(names, ", ")));
    }
    for (const FleetImage& each : fleet_.images) {
      out_.fleet.push_back(each.repository);
      if (!each.sla.empty()) TRY(agreement_of(workshop_, options_.make.policy, each));
    }
    for (const FleetApplication& each : fleet_.applications) out_.fleet.push_back(each.ref);
    return {};
  }

  /// Every image that is asked for, and what is new of it.
  Done look() {
    WatchOptions how{.lock = options_.make.build.lock, .settings = options_.make.scan.settings, .trust = options_.make.scan.trust, .rules = options_.make.policy.decisions, .judged_by = {}, .remember = !options_.plan};
    TRY_ASSIGN(how.judged_by, judged_by(workshop_, fleet_, options_.make));
    workshop_.progress.stage("look at the fleet", fleet_.images.size());
    for (const FleetImage& image : fleet_.images) {
      if (!options_.only.empty() && std::ranges::find(options_.only, image.repository) == options_.only.end()) continue;
      ++out_.images;
      workshop_.progress.step(image.repository, 1);
      auto watched = look_at(workshop_, database_, ledger_, image, how, now_);
      if (!watched) {
        out_.unseen.emplace_back(image.repository, std::move(watched).error());
        continue;
      }
      look_at_applications(*watched);
      if (watched->facts.end && watched->facts.end->seconds - now_.seconds > fleet_.announce) watched->facts.end.reset();
      if (options_.again) watched->facts.stopped.clear();
      if (!options_.plan) TRY(record(watched->events));
      TRY(set_deadlines(workshop_, ledger_, options_.make.policy, !options_.plan, *watched, now_));
      watched_.push_back(std::move(*watched));
    }
    return {};
  }

  /// Which images of others lie on it, and whether on what is published of it now.
  void look_at_applications(Watched& watched) {
    for (const FleetApplication& each : fleet_.applications) {
      if (each.base != watched.image.repository || watched.facts.published.empty()) continue;
      auto behind = is_behind(workshop_.machine, each, watched.to, watched.facts.published);
      if (!behind) {
        out_.unseen.emplace_back(each.ref, std::move(behind).error());
        continue;
      }
      out_.applications.push_back(each.ref);
      watched.facts.built_on_it.push_back({each.ref, *behind});
    }
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
      if (auto back = Before(workshop_, watched).restore(); !back) renewal.why.push_back(fmt::format("its newer lock stays where it is: {}", back.error().message));
    }
    return renewal;
  }

  /// What is done once all that is due was made.
  Done follow(const policy::Due& due) {
    if (due.action == policy::DueAction::Rebase) return put_onto(due.image);
    const Watched* const found = find(due.image);
    if (found == nullptr || due.held || due.action != policy::DueAction::Announce) return {};
    Event event{.kind = ledger::Kind::Noted, .at = now_, .image = due.image};
    event.by = by_;
    event.facts = {{"what", "end-announced"}, {"end", found->facts.end->date()}, {"reason", due.reason}};
    return record({event});
  }

  /// An application's layers onto what is published of its base now.
  Done put_onto(const std::string& ref) {
    const auto application = std::ranges::find(fleet_.applications, ref, &FleetApplication::ref);
    const auto base = std::ranges::find(watched_, application->base, [](const Watched& each) -> const std::string& { return each.image.repository; });
    const auto behind = std::ranges::find(base->facts.built_on_it, ref, &policy::ImageFacts::Application::image);
    const bool promoted = std::ranges::any_of(out_.done, [&](const Renewal& each) { return each.image == application->base && each.outcome == Renewal::Outcome::Promoted; });
    if (!promoted && !behind->behind) return {};  // its base was stopped, or waits under a canary's tag
    TRY_ASSIGN(const auto onto, published_now(workshop_.machine, base->to, base->definition));
    Renewal renewal{.image = ref, .action = policy::DueAction::Rebase};
    renewal.owner = application->owner;
    auto done = move_application(workshop_, *application, onto->str());
    if (!done) {
      renewal.why = {done.error().message};
      renewal.error = std::move(done).error();
    } else if (done->digest.empty()) {
      renewal.outcome = Renewal::Outcome::Told;
      renewal.why = std::move(done->why);
    } else {
      renewal.outcome = Renewal::Outcome::Promoted;
      renewal.digest = done->digest;
      renewal.moved = {application->to};
      Event event{.kind = ledger::Kind::Noted, .at = workshop_.machine.clock->now(), .image = ledger_name(done->place), .digest = done->digest};
      event.by = by_;
      event.facts = {{"what", "rebased"}, {"base", onto->str()}, {"tag", done->place.tag}};
      TRY(record({event}));
    }
    out_.done.push_back(std::move(renewal));
    return {};
  }

  /// A newer lock, unless what waits is promoted; made from it; and what came of it.
  Done make_again(Watched& watched, bool promote, Renewal& out) {
    Before before(workshop_, watched);
    if (!promote && watched.takes_newer) TRY(before.replace(watched.before, to_pretty(plan::to_json(watched.newer))));
    MakeOptions how = options_.make;
    const bool canary = watched.image.rollout && !promote && !watched.facts.published.empty();
    const FleetImage& image = watched.image;
    if (image.from || image.until || image.cadence) how.support = attest::SupportSaid{.image = image.repository, .from = image.from, .until = image.until, .rebuilt_at_latest = image.cadence.value_or(0), .sla = image.sla};
    if (canary) how.tags = {watched.image.rollout->canary};
    TRY_ASSIGN(const Made made, make(workshop_, *in_turns_, watched.image.definition, watched.to, how));
    const std::scoped_lock hold(ledger_turn_);
    out.digest = made.digest.str();
    out.seconds = made.timings.total;
    return made.verdict.passed ? passed(watched, made, canary, before, out) : stopped(watched, made, before, out);
  }

  Done stopped(const Watched& watched, const Made& made, Before& before, Renewal& out) {
    out.outcome = Renewal::Outcome::Stopped;
    out.why = reasons_of(made.verdict);
    TRY_ASSIGN(out.candidate, put_aside(workshop_, made, watched.newer, "stopped"));
    TRY(before.restore());
    Making making = making_of(watched);
    making.candidate = out.candidate;
    return record(events_of(made, making, watched.history));
  }

  Done passed(const Watched& watched, const Made& made, bool canary, Before& before, Renewal& out) {
    out.outcome = canary ? Renewal::Outcome::Canary : Renewal::Outcome::Promoted;
    out.revision = made.revision;
    out.moved = made.moved;
    out.ahead = ahead_of(watched.history, made.lock);
    Making making = making_of(watched);
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

  Making making_of(const Watched& watched) const { return {.image = watched.image.repository, .by = by_, .at = workshop_.machine.clock->now(), .inputs = watched.inputs}; }
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
  std::vector<Watched> watched_;
  Renewed out_;
};

}  // namespace

std::string_view to_string(Renewal::Outcome outcome) {
  constexpr std::array<std::string_view, 5> words = {"promoted", "canary", "stopped", "failed", "told"};
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
    return Run(workshop, database, ledger, fleet, options).go();
  }
  TRY_ASSIGN(const auto turn, take_renewal_turn(workshop));
  TRY_ASSIGN(auto ledger, begin_ledger(workshop));
  if (options.candidates) return look_ahead(workshop, database, ledger, fleet, options);
  return Run(workshop, database, ledger, fleet, options).go();
}

}  // namespace ashlar::pipeline
