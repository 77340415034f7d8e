#include "pipeline/inner/application_round.h"

#include <algorithm>

#include <fmt/format.h>

#include "pipeline/catalog.h"
#include "pipeline/history.h"
#include "pipeline/publish.h"

namespace ashlar::pipeline {
namespace {

using ledger::Event;

/// Where an image of the fleet is published, and what follows its tags now.
Result<BaseNow> published_base(Workshop& workshop, const FleetImage& image) {
  TRY_ASSIGN(const auto definition, load_definition(*workshop.machine.files, image.definition));
  BaseNow out;
  TRY_ASSIGN(out.place, parse_destination(image.to));
  TRY_ASSIGN(const auto now, published_now(workshop.machine, out.place, definition));
  if (now) out.digest = now->digest;
  return out;
}

}  // namespace

/// What a tag of others points at, written down when it is another than when it was seen last.
Result<BaseNow> ApplicationRound::base_of_others(const std::string& ref) {
  BaseNow out;
  TRY_ASSIGN(out.place, oci::ImageRef::parse(ref));
  TRY_ASSIGN(const auto there, pointed_at(workshop_.machine, out.place, out.place.tag));
  if (!there) return fail(Kind::NotFound, fmt::format("there is no tag '{}'", out.place.tag));
  out.digest = there->str();
  const std::string name = ledger_name(out.place);
  TRY_ASSIGN(const auto entries, ledger_.read({.image = name, .kind = ledger::Kind::Noted}));
  std::string before;
  for (const ledger::Entry& each : entries) {
    if (each.event.fact("what") == "base-tag" && each.event.fact("tag") == out.place.tag) before = each.event.digest;
  }
  if (before == out.digest || !record_) return out;
  Event event{.kind = ledger::Kind::Noted, .at = workshop_.machine.clock->now(), .image = name, .digest = out.digest};
  event.by = "ashlar renew";
  event.facts = {{"what", "base-tag"}, {"tag", out.place.tag}};
  if (!before.empty()) event.facts.emplace("before", before);
  TRY(record_({event}));
  return out;
}

Result<BaseNow> ApplicationRound::base_now(const FleetApplication& application, const FleetImage* image, const Watched* watched) {
  if (watched != nullptr) return BaseNow{.place = watched->to, .digest = watched->facts.published};
  if (image != nullptr) return published_base(workshop_, *image);
  auto known = others_.find(application.base);
  if (known == others_.end()) known = others_.emplace(application.base, base_of_others(application.base)).first;
  return known->second;
}

Done ApplicationRound::look_at(const FleetApplication& application, const FleetImage* image, Watched* watched, Renewed& out) {
  const auto blind = [&](Error error) { out.unseen.emplace_back(application.ref, cannot(fmt::format("see whether it lies on what its base '{}' is now", application.base), std::move(error)).error()); };
  auto base = base_now(application, image, watched);
  if (!base) return blind(std::move(base).error()), Done();
  if (base->digest.empty()) return {};  // nothing is published that it could lie on
  auto standing = standing_of(workshop_, database_, ledger_, application, *base, rules_);
  if (!standing) return blind(std::move(standing).error()), Done();
  if (again_) standing->stopped.clear();
  if (record_) TRY(record_(standing->events));
  out.applications.push_back(application.ref);
  const policy::ImageFacts::Application fact{.image = application.ref, .behind = standing->behind, .because = standing->because, .stopped = standing->stopped};
  if (watched != nullptr) {
    watched->facts.built_on_it.push_back(fact);
  } else {
    auto facts = std::ranges::find(bases_, application.base, &policy::ImageFacts::image);
    if (facts == bases_.end()) {
      facts = bases_.insert(bases_.end(), policy::ImageFacts{.image = application.base, .definition = {}});
      facts->published = base->digest;
      facts->only_base = true;
    }
    facts->built_on_it.push_back(fact);
  }
  all_.push_back({&application, image, std::move(*base), std::move(*standing)});
  return {};
}

Done ApplicationRound::look(const Fleet& fleet, const FleetChoice& choice, std::vector<Watched>& watched, Renewed& out) {
  for (const FleetApplication& each : fleet.applications) {
    const auto image = std::ranges::find(fleet.images, each.base, &FleetImage::repository);
    const FleetImage* const base = image == fleet.images.end() ? nullptr : &*image;
    const bool with_base = base != nullptr && std::ranges::find(choice.images, base) != choice.images.end();
    if (!with_base && std::ranges::find(choice.applications, &each) == choice.applications.end()) continue;
    const auto found = std::ranges::find(watched, each.base, [](const Watched& one) -> const std::string& { return one.image.repository; });
    if (with_base && found == watched.end()) continue;  // its base could not be looked at, which is said
    TRY(look_at(each, base, found == watched.end() ? nullptr : &*found, out));
  }
  return {};
}

Result<MovedApplication> ApplicationRound::move(One& one, bool promoted) {
  if (promoted) {
    TRY_ASSIGN(one.base, published_base(workshop_, *one.image));
    TRY_ASSIGN(one.standing, standing_of(workshop_, database_, ledger_, *one.application, one.base, rules_));
  }
  return move_application(workshop_, database_, *one.application, one.base, one.standing, rules_);
}

Done ApplicationRound::follow(const policy::Due& due, bool promoted, Renewed& out) {
  const auto one = std::ranges::find(all_, due.image, [](const One& each) -> const std::string& { return each.application->ref; });
  if (one == all_.end()) return {};
  Renewal renewal{.image = due.image, .action = policy::DueAction::Rebase};
  renewal.owner = one->application->owner;
  renewal.build = one->application->build;
  if (due.held) {
    renewal.outcome = Renewal::Outcome::Stopped;
    renewal.why = {one->standing.stopped};
    out.waiting.push_back(std::move(renewal));
    return {};
  }
  if (!promoted && !one->standing.behind) return {};  // its base was stopped, or waits under a canary's tag
  auto done = move(*one, promoted);
  if (!done) {
    renewal.why = {done.error().message};
    renewal.error = std::move(done).error();
  } else {
    using Outcome = MovedApplication::Outcome;
    renewal.outcome = done->outcome == Outcome::Promoted ? Renewal::Outcome::Promoted : done->outcome == Outcome::Stopped ? Renewal::Outcome::Stopped : Renewal::Outcome::Told;
    renewal.onto = one->base.str();
    renewal.why = std::move(done->why);
    renewal.candidate = std::move(done->candidate);
    if (renewal.outcome != Renewal::Outcome::Told) renewal.digest = done->digest;
    if (renewal.outcome == Renewal::Outcome::Promoted) renewal.moved = {one->application->to};
    if (record_) TRY(record_(done->events));
  }
  out.done.push_back(std::move(renewal));
  return {};
}

}  // namespace ashlar::pipeline
