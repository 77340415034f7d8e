#include <algorithm>
#include <array>
#include <span>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/candidate.h"
#include "pipeline/inner/judged_by.h"
#include "pipeline/inner/look_ahead.h"
#include "pipeline/record_made.h"
#include "plan/lock_making.h"

namespace ashlar::pipeline {
namespace {

/// What breaks, on whichever platform, each once.
std::vector<std::string> breaking_in(const std::vector<Notes>& notes) {
  std::vector<std::string> out;
  for (const Notes& each : notes) {
    for (const prove::Change& change : each.behaviour.changes) {
      const std::string line = fmt::format("{}: {}", change.id, change.what);
      if (change.weight == prove::Weight::Breaking && std::ranges::find(out, line) == out.end()) out.push_back(line);
    }
  }
  return out;
}

/// One image, and what the ledger is to be told of it.
class OneAhead {
 public:
  OneAhead(Workshop& workshop, advisory::Database& database, const FleetImage& image, const RenewOptions& options, const std::string& judged_by)
      : workshop_(workshop), database_(database), image_(image), options_(options), judged_by_(judged_by) {}

  Result<Ahead> look(ledger::Ledger& ledger) {
    Ahead out{.image = image_.repository};
    TRY_ASSIGN(const auto definition, load_definition(*workshop_.machine.files, image_.definition));
    TRY_ASSIGN(const std::string identified, definition_identity(*workshop_.machine.files, definition));
    TRY_ASSIGN(const auto distribution, deb::load_distribution(*workshop_.machine.files, workshop_.data / "distributions", definition.distribution, workshop_.config.distributions));
    if (std::ranges::all_of(distribution.parts, [](const auto& part) { return part.proposed.empty(); })) {
      out.why = {fmt::format("distribution '{}' names no proposed suites", distribution.name)};
      return out;
    }
    TRY_ASSIGN(const auto present, lock_over(definition, false));
    TRY_ASSIGN(auto lock, lock_over_proposals(definition));
    land(distribution, present, lock);
    out.lock = lock_identity(lock);
    if (out.lock == lock_identity(present)) return out;
    out.changes = by_platforms(plan::changes(present, lock));
    TRY_ASSIGN(const auto history, history_of(ledger, image_.repository));
    const std::string inputs = inputs_of(out.lock, identified, judged_by_);
    TRY_ASSIGN(const bool known, is_known(history, identified, inputs, out));
    if (known) return out;
    TRY(make_of(lock, out));
    event_ = ledger::Event{.kind = ledger::Kind::Noted, .at = workshop_.machine.clock->now(), .image = image_.repository, .digest = out.digest};
    event_->by = "ashlar renew";
    event_->facts = {{"what", "ahead"}, {"lock", out.lock}, {"packages", packages_identity(lock)}, {"result", std::string(to_string(out.outcome))}, {"definition", identified}, {"inputs", inputs}, {"candidate", out.candidate}, {"seconds", fmt::format("{:.3f}", out.seconds)}};
    if (!out.why.empty()) event_->facts.emplace("reason", join(out.why, "; "));
    if (!out.breaking.empty()) event_->facts.emplace("breaking", join(out.breaking, "; "));
    if (out.outcome == Ahead::Outcome::Stopped) {
      TRY_ASSIGN(event_->facts["judged"], said_now(out.candidate));
    }
    return out;
  }
  const std::optional<ledger::Event>& event() const { return event_; }

 private:
  /// What a renewal would take now, or could take once the proposals have landed.
  Result<plan::Lock> lock_over(const plan::Definition& definition, bool proposed) {
    LockOptions how = options_.make.build.lock;
    how.check = true;
    how.proposed = proposed;
    how.security_only = image_.security_only && workshop_.machine.files->exists(lock_path(image_.definition));
    how.update_all = !how.security_only;
    TRY_ASSIGN(auto outcome, pipeline::lock(workshop_, definition, how));
    return std::move(outcome.lock);
  }

  /// Not every mirror has the suites in which an archive proposes: then nobody knows what that is, and it is not nothing.
  Result<plan::Lock> lock_over_proposals(const plan::Definition& definition) {
    auto lock = lock_over(definition, true);
    if (lock || lock.error().kind != Kind::NotFound) return lock;
    return cannot(Kind::NotFound, fmt::format("look ahead for '{}'", image_.repository), fmt::format("{}; name a mirror that has the proposed suites (`mirrors`), or a distribution without them", lock.error().message));
  }

  /// What the database says now of a candidate that was put aside, as a digest; empty where it is not there any more.
  Result<std::string> said_now(const std::string& candidate) {
    TRY_ASSIGN(const auto to, parse_destination(image_.to));
    const policy::Policy& policy = options_.make.policy;
    return judged_now(workshop_, database_, candidate, {.also_named = {to.location}, .gate = policy.gate.stop_on, .rules = policy.decisions, .settings = options_.make.scan.settings, .trust = options_.make.scan.trust});
  }

  /// What passed stays so as long as the definition is the same; what was stopped, as long as nothing that decides about it changed: a database that says the same of it is no other.
  Result<bool> is_known(const ImageHistory& history, const std::string& identified, const std::string& inputs, Ahead& out) {
    const auto found = history.ahead.find(out.lock);
    if (options_.again || found == history.ahead.end()) return false;
    const ImageHistory::Trial& trial = found->second;
    if (trial.passed ? trial.definition != identified : trial.inputs != inputs || trial.judged.empty()) return false;
    if (!trial.passed) {
      TRY_ASSIGN(const std::string now, said_now(trial.candidate));
      if (now != trial.judged) return false;
    }
    out.outcome = trial.passed ? Ahead::Outcome::Passed : Ahead::Outcome::Stopped;
    out.digest = trial.digest;
    out.candidate = trial.candidate;
    out.known = true;
    if (!trial.why.empty()) out.why = {trial.why};
    out.breaking = lines_of_reasons(trial.breaking);
    return true;
  }

  Done make_of(const plan::Lock& lock, Ahead& out) {
    MakeOptions how = options_.make;
    how.publish = false;
    how.key = nullptr;
    how.build.must_be_locked = true;
    const host::Path folder = workshop_.folders.cache / "candidates";
    how.build.lock.path = folder / fmt::format("ahead-{}.lock.json", out.lock.substr(0, 16));
    TRY(workshop_.machine.files->make_folders(folder));
    TRY(workshop_.machine.files->write(how.build.lock.path, to_pretty(plan::to_json(lock))));
    TRY_ASSIGN(const auto to, parse_destination(image_.to));
    TRY_ASSIGN(const Made made, make(workshop_, database_, image_.definition, to, how));
    out.digest = made.digest.str();
    out.seconds = made.timings.total;
    out.outcome = made.verdict.passed ? Ahead::Outcome::Passed : Ahead::Outcome::Stopped;
    if (!made.verdict.passed) out.why = reasons_of(made.verdict);
    out.breaking = breaking_in(made.notes);
    TRY_ASSIGN(out.candidate, put_aside(workshop_, made.candidate, made.digest, &lock, "ahead"));
    return workshop_.machine.files->remove(how.build.lock.path);
  }

  Workshop& workshop_;
  advisory::Database& database_;
  const FleetImage& image_;
  const RenewOptions& options_;
  const std::string& judged_by_;
  std::optional<ledger::Event> event_;
};

}  // namespace

std::string_view to_string(Ahead::Outcome outcome) {
  constexpr std::array<std::string_view, 4> words = {"nothing", "passed", "stopped", "failed"};
  return words.at(static_cast<size_t>(outcome));
}

void land(const deb::Distribution& distribution, const plan::Lock& present, plan::Lock& proposed) {
  const auto part_of = [&](const std::string& archive, const std::string& suite) -> const deb::Distribution::Part* {
    const auto found = std::ranges::find_if(distribution.parts, [&](const auto& part) { return part.archive == archive && std::ranges::find(part.proposed, suite) != part.proposed.end(); });
    return found == distribution.parts.end() ? nullptr : &*found;
  };
  for (auto& [platform, locked] : proposed.platforms) {
    const auto there = present.platforms.find(platform);
    for (plan::LockedPackage& package : locked.packages) {
      const deb::Distribution::Part* const part = part_of(package.archive, package.suite);
      if (part == nullptr || part->suites.empty()) continue;
      package.suite = part->suites.front();
      if (there == present.platforms.end()) continue;
      const auto same = std::ranges::find(there->second.packages, package.sha256, &plan::LockedPackage::sha256);
      if (same != there->second.packages.end()) package.archive = same->archive, package.suite = same->suite, package.path = same->path;
    }
  }
  std::erase_if(proposed.archives, [&](const plan::LockedArchive& archive) { return part_of(archive.name, archive.suite) != nullptr; });
}

Result<Renewed> look_ahead(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const Fleet& fleet, const RenewOptions& options) {
  Renewed out;
  out.now = workshop.machine.clock->now();
  for (const FleetImage& each : fleet.images) {
    out.fleet.push_back(each.repository);
    if (!each.owner.empty()) out.owners[each.repository] = each.owner;
  }
  TRY_ASSIGN(const FleetChoice choice, choose(fleet, options.only));
  TRY_ASSIGN(const std::string judged, judged_by(workshop, fleet, options.make));
  workshop.progress.stage("look ahead", choice.images.size());
  for (const FleetImage* const each : choice.images) {
    const FleetImage& image = *each;
    ++out.images;
    workshop.progress.step(image.repository, 1);
    OneAhead one(workshop, database, image, options, judged);
    auto ahead = one.look(ledger);
    if (ahead) {
      out.ahead.push_back(std::move(*ahead));
    } else {
      out.ahead.push_back({.image = image.repository, .outcome = Ahead::Outcome::Failed, .why = {ahead.error().message}, .error = ahead.error()});
    }
    if (!one.event() || !ahead) continue;
    TRY(ledger.append(std::span(&*one.event(), 1), workshop.machine.clock->now()));
    ++out.events;
  }
  return out;
}

}  // namespace ashlar::pipeline
