#include "pipeline/applications.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/catalog.h"
#include "pipeline/history.h"
#include "pipeline/inner/candidate.h"
#include "pipeline/inner/platform_layers.h"
#include "pipeline/predicates.h"
#include "pipeline/publish.h"
#include "pipeline/rebase.h"
#include "pipeline/record_made.h"
#include "pipeline/sign.h"

namespace ashlar::pipeline {
namespace {

using ledger::Entry;
using ledger::Event;
using LayersByPlatform = std::map<std::string, std::vector<Digest>>;

constexpr const char* by_us = "ashlar renew";

/// The layers of an image, unpacked, the lowest first.
LayersByPlatform by_platform(const ImageLayers& image) {
  LayersByPlatform out;
  for (const PlatformLayers& each : image.platforms) out[each.platform] = each.diff_ids;
  return out;
}

Result<ImageLayers> layers_at(host::Machine& machine, const std::string& text) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(text));
  return layers_of(machine, ref);
}

bool lies_on(const LayersByPlatform& image, const LayersByPlatform& base) {
  return std::ranges::all_of(image, [&](const auto& each) {
    const auto found = base.find(each.first);
    return found != base.end() && found->second.size() <= each.second.size() && std::equal(found->second.begin(), found->second.end(), each.second.begin());
  });
}

/// Whether what lies where it is written when it is rebased has its own layers on those of the base.
bool is_rebased(host::Machine& machine, const FleetApplication& application, const LayersByPlatform& own, const LayersByPlatform& base) {
  const auto there = application.to.empty() ? Result<ImageLayers>(ImageLayers()) : layers_at(machine, application.to);
  if (!there || there->platforms.empty()) return false;
  const LayersByPlatform rebased = by_platform(*there);
  return lies_on(rebased, base) && std::ranges::all_of(rebased, [&](const auto& each) {
    const auto& [platform, layers] = each;
    const size_t count = layers.size() - base.at(platform).size();
    const auto found = own.find(platform);
    return found != own.end() && found->second.size() >= count && std::equal(layers.end() - static_cast<std::ptrdiff_t>(count), layers.end(), found->second.end() - static_cast<std::ptrdiff_t>(count));
  });
}

/// The base's manifests for the application's platforms.
std::string manifests_for(const ImageLayers& own, const ImageLayers& base) {
  std::set<std::string> out;
  for (const PlatformLayers& each : base.platforms) {
    const bool asked = std::ranges::any_of(own.platforms, [&](const PlatformLayers& mine) { return mine.platform == each.platform; });
    if (asked) out.insert(fmt::format("{}={}", each.platform, each.manifest.str()));
  }
  return join(std::vector(out.begin(), out.end()), " ");
}

oci::ImageRef place_of(const FleetApplication& application) { return oci::ImageRef::parse(application.to).value(); }

/// What the ledger has of one application.
struct Recorded {
  std::string manifests{}, base_digest{};  ///< of the base that it was seen on last, or put onto, while it was the same image; empty: it was not
  std::string built_on{};                  ///< the base that this image itself was seen on
  std::optional<ImageHistory::Stop> stopped{};
};

Result<Recorded> recorded_of(ledger::Ledger& ledger, const FleetApplication& application, const std::string& own) {
  TRY_ASSIGN(const auto ref, oci::ImageRef::parse(application.ref));
  std::set<std::string> names = {ledger_name(ref)};
  if (!application.to.empty()) names.insert(ledger_name(place_of(application)));
  std::vector<Entry> entries;
  for (const std::string& name : names) {
    TRY_ASSIGN(const auto some, ledger.read({.image = name}));
    entries.insert(entries.end(), some.begin(), some.end());
  }
  std::ranges::sort(entries, {}, &Entry::number);
  Recorded out;
  for (const Entry& entry : entries) {
    const Event& event = entry.event;
    if (event.fact("application") != application.ref) continue;
    const std::string what = event.fact("what");
    if (event.kind == ledger::Kind::Noted && (what == "base" || what == "rebased")) {
      if (event.fact("own") == own && event.fact("follows") == application.base) out.manifests = event.fact("manifests"), out.base_digest = event.fact("base-digest"), out.built_on = what == "base" ? out.base_digest : out.built_on;
      if (what == "rebased") out.stopped.reset();
    }
    if (event.kind == ledger::Kind::Tested && event.fact("result") == "stopped") out.stopped = {event.fact("inputs"), event.fact("reason"), event.fact("judged"), event.fact("candidate")};
  }
  return out;
}

/// An event of the application, which all of its events name.
Event event_of(const FleetApplication& application, ledger::Kind kind, const std::string& image, const std::string& digest, Time at, std::map<std::string, std::string> facts) {
  Event out{.kind = kind, .at = at, .image = image, .digest = digest};
  out.by = by_us;
  facts.emplace("application", application.ref);
  std::erase_if(facts, [](const auto& each) { return each.second.empty(); });
  out.facts = std::move(facts);
  return out;
}

ScanOptions scan_options(const FleetApplication& application, const MakeOptions& make) {
  ScanOptions out = make.scan;
  for (const std::string* text : {&application.ref, &application.to}) {
    if (const auto ref = oci::ImageRef::parse(*text); ref) out.also_named.push_back(ref->location);
  }
  out.gate = make.policy.gate.stop_on;
  out.rules = make.policy.decisions;
  return out;
}

/// Checks that failed before, too, and for no other reasons, are no fault of the new base: what else speaks against it stays.
void forgive_own(const std::vector<prove::Check>& before, std::vector<prove::Check>& after) {
  for (prove::Check& check : after) {
    if (check.outcome != prove::Outcome::Failed || check.id.starts_with("run:")) continue;
    const auto same = std::ranges::find(before, check.id, &prove::Check::id);
    if (same == before.end() || same->outcome != prove::Outcome::Failed) continue;
    std::erase_if(check.evidence, [&](const std::string& line) { return std::ranges::find(same->evidence, line) != same->evidence.end(); });
    if (!check.evidence.empty()) continue;
    check.outcome = prove::Outcome::Excused;
    check.evidence = {"the application does not hold it on its present base either"};
  }
}

/// A candidate on its new base, and what the gate says of it.
class Candidate {
 public:
  Candidate(Workshop& workshop, advisory::Database& database, const FleetApplication& application, const BaseNow& onto, const ApplicationStanding& standing, const ApplicationRules& rules)
      : workshop_(workshop), database_(database), application_(application), onto_(onto), standing_(standing), rules_(rules), place_(place_of(application)) {}

  Result<MovedApplication> move() {
    MovedApplication out;
    oci::ImageRef candidate{oci::Transport::OciLayout, candidate_folder(workshop_, application_.ref + " " + application_.to).string(), "candidate", {}};
    TRY(workshop_.machine.files->make_folders(host::Path(candidate.location).parent_path()));
    TRY_ASSIGN(const auto lock, workshop_.machine.files->lock(candidate.location + ".lock"));  // one at a time: what is judged is what is published
    RebaseOptions how;
    if (!standing_.from.empty() && layers_at(workshop_.machine, standing_.from)) how.from = standing_.from;
    TRY_ASSIGN(const auto done, rebase(workshop_, application_.ref, onto_.str(), candidate, how));
    for (const prove::Refusal& each : done.answer.refusals) out.why.push_back(each.what);
    if (!done.rebased) return out;
    digest_ = *done.rebased;
    out.digest = digest_.str();
    candidate.tag.clear();
    candidate.digest = out.digest;
    TRY_ASSIGN(const auto platforms, examine(candidate, done));
    std::vector<policy::Candidate> candidates;
    for (const CandidatePlatform& each : platforms) candidates.push_back(for_gate(each, application_.ref));
    const auto verdict = policy::ask(rules_.make.policy.gate, candidates);
    out.why = reasons_of(verdict);
    if (verdict.passed) TRY(publish(candidate, platforms, out));
    else TRY(stop(candidate, out));
    return out;
  }

 private:
  /// Tests, scans, and holds each platform against what is used now: where it is written when it was before, else the application as its owner built it.
  Result<std::vector<CandidatePlatform>> examine(const oci::ImageRef& candidate, const Rebased& done) {
    ScanOptions how = scan_options(application_, rules_.make);
    how.base = onto_.str();
    TRY_ASSIGN(auto former, oci::ImageRef::parse(application_.ref));
    former.tag.clear();
    former.digest = standing_.own;
    std::vector<CandidatePlatform> out;
    for (const std::string& platform : platforms_of(done)) {
      TestOptions tests{.platform = platform, .definition = application_.tests, .run = rules_.make.run && rules_.make.policy.gate.run_tests && !application_.tests.empty(), .no_rebuild = true};
      TRY_ASSIGN(auto one, examine_platform(workshop_, database_, candidate.str(), tests, how, rules_.make.policy));
      tests_.push_back(one.tested);
      tests.run = false;
      TRY_ASSIGN(const auto before, test(workshop_, former.str(), tests));
      forgive_own(before.checks, one.tested.checks);
      out.push_back(std::move(one));
    }
    TRY_ASSIGN(const auto there, pointed_at(workshop_.machine, place_, place_.tag));
    if (there) former = place_, former.tag.clear(), former.digest = there->str();
    TRY(hold_against(workshop_, database_, former, digest_, candidate.str(), rules_.make, out));
    return out;
  }

  static std::vector<std::string> platforms_of(const Rebased& done) {
    std::vector<std::string> out;
    for (const Rebased& each : done.each) out.push_back(each.platform.str());
    return done.each.empty() ? std::vector{done.platform.str()} : out;
  }

  Done stop(const oci::ImageRef& candidate, MovedApplication& out) {
    out.outcome = MovedApplication::Outcome::Stopped;
    TRY_ASSIGN(out.candidate, put_aside(workshop_, candidate.str(), digest_, nullptr, "stopped"));
    TRY_ASSIGN(const std::string judged, judged_now(workshop_, database_, out.candidate, scan_options(application_, rules_.make)));
    TRY_ASSIGN(const auto ref, oci::ImageRef::parse(application_.ref));
    out.events = {event_of(application_, ledger::Kind::Tested, ledger_name(ref), out.digest, workshop_.machine.clock->now(),
                           {{"result", "stopped"}, {"reason", join(out.why, "; ")}, {"inputs", standing_.inputs}, {"judged", judged}, {"candidate", out.candidate}, {"tag", ref.tag}})};
    return {};
  }

  /// Pushed by its digest, signed there, and then its tag.
  Done publish(const oci::ImageRef& candidate, const std::vector<CandidatePlatform>& platforms, MovedApplication& out) {
    out.outcome = MovedApplication::Outcome::Promoted;
    TRY_ASSIGN(const auto turn, take_turn(workshop_, place_));
    TRY(push_candidate(workshop_.machine, candidate, place_));
    if (rules_.make.key != nullptr) {
      oci::ImageRef there = place_;
      there.tag.clear();
      there.digest = out.digest;
      const bool several = platforms.size() > 1;
      TRY(sign(workshop_.machine, there.str(), *rules_.make.key, {.each_platform = several}));
      for (size_t at = 0; at < platforms.size(); ++at) {
        const CandidatePlatform& each = platforms[at];
        TRY_ASSIGN(auto said, results_of(workshop_, tests_[at], each.report));
        if (each.notes) said.push_back(changes_of(*each.notes));
        TRY(attest(workshop_.machine, there.str(), said, *rules_.make.key, {.platform = several ? each.name : std::string(), .once = true}));
      }
    }
    TRY(move_tags(workshop_.machine, place_, {{}, {place_.tag}}, digest_));
    const Time now = workshop_.machine.clock->now();
    const std::string name = ledger_name(place_);
    out.events = {event_of(application_, ledger::Kind::Tested, name, out.digest, now, {{"result", "passed"}, {"reason", join(out.why, "; ")}, {"inputs", standing_.inputs}}),
                  event_of(application_, ledger::Kind::Noted, name, out.digest, now, {{"what", "rebased"}, {"base", onto_.str()}, {"tag", place_.tag}, {"own", standing_.own}, {"follows", application_.base}, {"manifests", standing_.manifests}, {"base-digest", onto_.digest}})};
    out.why.clear();
    return {};
  }

  Workshop& workshop_;
  advisory::Database& database_;
  const FleetApplication& application_;
  const BaseNow& onto_;
  const ApplicationStanding& standing_;
  const ApplicationRules& rules_;
  oci::ImageRef place_;
  Digest digest_ = Digest::from({});
  std::vector<Tested> tests_{};  ///< of each platform, as they came out, for whoever reads the statement
};

/// Why the same was stopped before, by what decides about it and by what the advisories say of the very image now.
Result<std::string> stopped_before(Workshop& workshop, advisory::Database& database, const FleetApplication& application, const ApplicationRules& rules, const std::string& inputs, const Recorded& recorded) {
  if (!recorded.stopped || recorded.stopped->inputs != inputs) return std::string();
  TRY_ASSIGN(const std::string now, judged_now(workshop, database, recorded.stopped->candidate, scan_options(application, rules.make)));
  return now == recorded.stopped->judged ? recorded.stopped->why : std::string();
}

}  // namespace

std::string BaseNow::str() const {
  oci::ImageRef out = place;
  out.tag.clear();
  out.digest = digest;
  return out.str();
}

Result<ApplicationStanding> standing_of(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const FleetApplication& application, const BaseNow& base, const ApplicationRules& rules) {
  host::Machine& machine = workshop.machine;
  TRY_ASSIGN(const auto base_now, layers_at(machine, base.str()));
  TRY_ASSIGN(const auto own, layers_at(machine, application.ref));
  const LayersByPlatform layers = by_platform(own), below = by_platform(base_now);
  ApplicationStanding out{.own = own.root.str(), .manifests = manifests_for(own, base_now)};
  TRY_ASSIGN(const Recorded recorded, recorded_of(ledger, application, out.own));
  out.behind = !lies_on(layers, below) && !is_rebased(machine, application, layers, below);
  if (application.base_of_others) {
    const bool known = !recorded.manifests.empty(), moved = known && recorded.manifests != out.manifests;
    if (!recorded.built_on.empty()) out.from = BaseNow{.place = base.place, .digest = recorded.built_on}.str();
    out.behind = out.behind || moved;
    if (moved) out.because = {fmt::format("tag '{}' of '{}' has moved from '{}' to '{}'", base.place.tag, base.place.location, recorded.base_digest, base.digest)};
    else if (out.behind) out.because = {fmt::format("tag '{}' of '{}' points at '{}', whose layers are not its lowest", base.place.tag, base.place.location, base.digest)};
    if (!out.behind && !known) {
      TRY_ASSIGN(const auto ref, oci::ImageRef::parse(application.ref));
      out.events = {event_of(application, ledger::Kind::Noted, ledger_name(ref), out.own, machine.clock->now(), {{"what", "base"}, {"base", base.str()}, {"tag", ref.tag}, {"own", out.own}, {"follows", application.base}, {"manifests", out.manifests}, {"base-digest", base.digest}})};
    }
  }
  std::string tests;
  if (!application.tests.empty()) {
    TRY_ASSIGN(const auto definition, load_definition(*machine.files, application.tests));
    TRY_ASSIGN(tests, definition_identity(*machine.files, definition));
  }
  out.inputs = Digest::of(fmt::format("{}\n{}\n{}\n{}", out.own, base.digest, tests, rules.judged_by)).hex();
  TRY_ASSIGN(out.stopped, stopped_before(workshop, database, application, rules, out.inputs, recorded));
  return out;
}

Result<MovedApplication> move_application(Workshop& workshop, advisory::Database& database, const FleetApplication& application, const BaseNow& onto, const ApplicationStanding& standing, const ApplicationRules& rules) {
  MovedApplication out;
  const std::string to_build = fmt::format("it is to be built on {}", onto.str());
  if (application.to.empty()) {
    out.why = {to_build, "the fleet does not say where a rebased image of it is written"};
    return out;
  }
  TRY_ASSIGN(out, Candidate(workshop, database, application, onto, standing, rules).move());
  if (out.outcome == MovedApplication::Outcome::Told) out.why.insert(out.why.begin(), to_build);
  return out;
}

}  // namespace ashlar::pipeline
