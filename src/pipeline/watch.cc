#include "pipeline/watch.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "advisory/support.h"
#include "base/text.h"
#include "deb/version.h"
#include "oci/registry.h"
#include "pipeline/archives.h"
#include "pipeline/catalog.h"
#include "pipeline/inner/candidate.h"
#include "pipeline/inner/revision.h"
#include "pipeline/inner/tags.h"
#include "pipeline/inventories.h"
#include "pipeline/make.h"
#include "pipeline/promise.h"
#include "pipeline/publish.h"
#include "pipeline/sla.h"

namespace ashlar::pipeline {
namespace {

/// Whether the renewal takes something of a security archive.
Result<bool> takes_of_security(Workshop& workshop, const WatchOptions& options, const Watched& watched, const plan::Lock& before) {
  TRY_ASSIGN(const Sources sources, sources_of(workshop, watched.definition, options.lock));
  std::set<std::string> security, known;
  for (const deb::Archive& each : sources.archives) {
    if (each.security) security.insert(each.name);
  }
  const auto name_of = [](const std::string& platform, const plan::LockedPackage& each) { return fmt::format("{} {} {}", platform, each.name, each.version); };
  for (const auto& [platform, locked] : before.platforms) {
    for (const plan::LockedPackage& each : locked.packages) known.insert(name_of(platform, each));
  }
  for (const auto& [platform, locked] : watched.newer.platforms) {
    for (const plan::LockedPackage& each : locked.packages) {
      if (security.contains(each.archive) && !known.contains(name_of(platform, each))) return true;
    }
  }
  return false;
}

/// What archives have, beside the lock that is there.
Done watch_archives(Workshop& workshop, const WatchOptions& options, Watched& out) {
  host::Files& files = *workshop.machine.files;
  const host::Path path = lock_path(out.image.definition);
  LockOptions how = options.lock;
  how.check = true;
  how.security_only = out.image.security_only && files.exists(path);
  how.update_all = !how.security_only;
  if (files.exists(path)) {
    TRY_ASSIGN(out.before, files.read(path));
  }
  TRY_ASSIGN(auto found, lock(workshop, out.definition, how));
  out.newer = std::move(found.lock);
  out.changes = std::move(found.changes);
  const auto old = out.before.empty() ? Result<plan::Lock>(plan::Lock()) : plan::read_lock(out.before, path.string());
  if (old) out.identity = lock_identity(*old);
  out.takes_newer = out.identity != lock_identity(out.newer);
  if (!out.takes_newer) out.changes.clear();
  out.facts.newer = by_platforms(out.changes);
  if (out.takes_newer && old) {
    TRY_ASSIGN(out.facts.newer_security, takes_of_security(workshop, options, out, *old));
  }
  out.facts.lock_changed = out.history.promoted && !out.history.promoted->lock.empty() && out.history.promoted->lock != out.identity;
  return {};
}

/// What the database says of an image, each platform of it.
Done watch_image(Workshop& workshop, advisory::Database& database, const WatchOptions& options, const oci::ImageRef& image, Watched& out, Time now) {
  out.ref = image.str();
  ScanOptions how{.also_named = {out.to.location}};
  how.settings = options.settings;
  how.trust = options.trust;
  if (options.remember) how.scanned = remember_images(workshop);
  how.rules = options.rules;
  TRY_ASSIGN(const auto reader, oci::open_image(workshop.machine, image));
  TRY_ASSIGN(const auto platforms, oci::platforms(*reader));
  for (const oci::PlatformImage& each : platforms) {
    how.platform = each.platform.str();
    TRY_ASSIGN(auto report, scan(workshop.machine, database, out.ref, how));
    for (const std::string& cause : report.causes) {
      if (report.verdict == scan::Verdict::Unknown && std::ranges::find(out.facts.unknown, cause) == out.facts.unknown.end()) out.facts.unknown.push_back(cause);
    }
    out.reports.push_back(std::move(report));
  }
  out.facts.published = !image.digest.empty() || out.reports.empty() ? image.digest : out.reports.front().digest;
  const auto seen = seen_in(out.reports);
  std::map<FindingName, Time> fixable;
  for (const auto& [name, finding] : seen) {
    if (finding.fixed_in.empty()) continue;
    if (const auto since = fixed_since(out.newer, name.second, finding.fixed_in, now)) fixable.emplace(name, *since);
  }
  // Without a whole answer nothing is called gone.
  out.events = catch_up(out.history, out.image.repository, out.facts.published, seen, fixable, now);
  if (!out.facts.unknown.empty()) std::erase_if(out.events, [](const ledger::Event& event) { return event.kind == ledger::Kind::Closed; });
  for (ledger::Event& each : out.events) {
    if (each.kind != ledger::Kind::Closed) continue;
    TRY_ASSIGN(const bool withdrawn, is_withdrawn(database, each.vulnerability));
    if (withdrawn) each.facts["reason"] = "withdrawn";
  }
  for (const auto& [name, finding] : seen) {
    if (!finding.open()) continue;
    const auto known = out.history.findings.find(name);
    const bool open_before = known != out.history.findings.end() && known->second.state == KnownFinding::State::Open;
    out.facts.findings.push_back({.vulnerability = name.first, .package = name.second, .severity = finding.severity, .exploited = finding.exploited.has_value(), .likelihood = finding.likelihood,
                                  .opened = open_before ? known->second.first_seen : now, .fixed_in = finding.fixed_in, .fix_at_hand = fixable.contains(name)});
  }
  return {};
}

std::string place_of(const Watched& watched) { return (watched.to.transport == oci::Transport::OciLayout ? "oci:" : "docker://") + watched.to.location; }

/// Whether a revision names the digest: whatever a renewal publishes has one before a tag moves.
Result<bool> has_revision(host::Machine& machine, const oci::ImageRef& to, const std::string& digest) {
  TRY_ASSIGN(auto tags, Tags::open(machine, to));
  TRY_ASSIGN(const auto names, tags.all());
  for (const std::string& name : names) {
    if (!is_revision(name)) continue;
    TRY_ASSIGN(const auto there, tags.find(name));
    if (there && there->str() == digest) return true;
  }
  return false;
}

/// Whether somebody moved the tag that decides what is published, and no renewal that was cut off before it was written down: back to what was published before, without a renewal that was about to do so, or to
/// what was never published. It stays there until somebody lets go.
Done watch_hand(host::Machine& machine, const FleetImage& image, Watched& out) {
  const auto& promoted = out.history.promoted;
  const std::string& published = out.facts.published;
  const auto moved = [&](const std::string& tag, const std::string& there, const std::string& said) {
    out.facts.by_hand = fmt::format("tag '{0}' points at '{1}', and the ledger says '{2}': somebody moved it by hand, and it stays there until somebody lets go; `ashlar renew {3} --again` moves it on, `ashlar rollback {4}:{0} --to {2}` puts it back",
                                    tag, there, said, image.repository, place_of(out));
  };
  if (promoted && !published.empty() && promoted->digest != published) {
    bool hand = out.history.promoted_before.contains(published) && out.history.moving != published;
    if (!hand) {
      TRY_ASSIGN(const bool named, has_revision(machine, out.to, published));
      hand = !named;
    }
    if (hand) return moved(moving_tags(out.to, out.definition).front(), published, promoted->digest), Done();
  }
  if (!out.facts.canary) return {};
  TRY_ASSIGN(const auto there, pointed_at(machine, out.to, image.rollout->canary));
  if (!there || there->str() != out.facts.canary->digest) moved(image.rollout->canary, there ? there->str() : std::string("nothing"), out.facts.canary->digest);
  return {};
}

/// Tags that the ledger says point at what was promoted last, and that somebody else has moved. The first of them decides what is published, and is not looked at here.
Done watch_tags(host::Machine& machine, Watched& out) {
  const auto& promoted = out.history.promoted;
  const std::string first = moving_tags(out.to, out.definition).front();
  if (!promoted || promoted->digest != out.facts.published) return {};
  for (const std::string_view tag : words(promoted->tag)) {
    if (tag == first) continue;
    TRY_ASSIGN(const auto there, pointed_at(machine, out.to, std::string(tag)));
    if (there && there->str() == promoted->digest) continue;
    out.facts.unknown.push_back(fmt::format("tag '{}' {}, and the ledger says '{}': somebody else has moved it; put it right with `ashlar rollback {}:{} --to {}`", tag,
                                            there ? fmt::format("points at '{}'", there->str()) : "is not there", promoted->digest, place_of(out), tag, promoted->digest));
  }
  return {};
}

/// Why the renewal that is due was stopped before; empty: it was not, or something has changed since that decides about it: what it would be made from, what the gate goes by, or what the
/// advisories say of the very image that was stopped.
Result<std::string> stopped_before(Workshop& workshop, advisory::Database& database, const WatchOptions& options, const Watched& watched) {
  const auto& stopped = watched.history.stopped;
  if (!stopped || stopped->inputs != watched.inputs || stopped->judged.empty()) return std::string();
  ScanOptions how{.also_named = {watched.to.location}, .gate = options.gate, .rules = options.rules, .settings = options.settings, .trust = options.trust};
  TRY_ASSIGN(const std::string now, judged_now(workshop, database, stopped->candidate, how));
  return now == stopped->judged ? stopped->why : std::string();
}

/// What is promised, where what is published says otherwise and somebody can say it; nothing of an image that the ledger has not promoted, or that somebody put there by hand. Without a key only a promise that was signed once is held against the fleet's, and only looked at.
std::string promise_changed(const WatchOptions& options, const Watched& watched) {
  const auto promise = promise_of(watched.image, options.policy);
  const auto said = watched.history.promises.find(watched.facts.published);
  const bool known = said != watched.history.promises.end();
  const bool same = known ? said->second == promise_identity(promise) : !promise || !options.signs;
  const auto& promoted = watched.history.promoted;
  const bool ours = promoted && promoted->digest == watched.facts.published && watched.facts.by_hand.empty();
  return !ours || same || (!options.signs && options.remember) ? std::string() : in_words(promise);
}

std::optional<Time> end_of(const FleetImage& image, const plan::Definition& definition) {
  std::optional<Time> out = image.until;
  for (const std::string* text : {&definition.end_of_life, &definition.end_of_support}) {
    if (const auto time = Time::parse(*text); time && (!out || *time < *out)) out = *time;
  }
  return out;
}

/// The release that it is made of, where its support ends before the image's own: nobody looks for vulnerabilities any more then.
Done watch_release(advisory::Database& database, Watched& out) {
  for (const scan::Report& report : out.reports) {
    const std::string& space = report.distribution.space;
    if (space.empty()) continue;
    TRY_ASSIGN(const auto support, advisory::release_support(database, space));
    if (!support.until || (out.facts.end && *out.facts.end <= *support.until)) continue;
    out.facts.end = support.until;
    out.facts.ends = fmt::format("'{}', of which it is made,", space);
  }
  return {};
}

}  // namespace

std::optional<Time> fixed_since(const plan::Lock& lock, const std::string& source, const std::string& version, Time now) {
  std::optional<Time> out;
  for (const auto& [platform, locked] : lock.platforms) {
    for (const plan::LockedPackage& package : locked.packages) {
      if (package.source != source) continue;
      if (deb::compare_versions(package.source_version, version) < 0) return std::nullopt;
      Time since = now;
      for (const plan::LockedArchive& archive : lock.archives) {
        if (archive.name != package.archive || archive.suite != package.suite) continue;
        if (const auto dated = Time::parse(archive.date)) since = std::min(now, *dated);
      }
      out = out ? std::min(*out, since) : since;
    }
  }
  return out;
}

Result<bool> is_withdrawn(advisory::Database& database, const std::string& id) {
  TRY_ASSIGN(const auto named, database.named(id));
  for (const std::int64_t each : named) {
    TRY_ASSIGN(const auto advisory, database.advisory(each));
    if (!advisory.withdrawn) return false;
  }
  return !named.empty();
}

std::string lock_identity(const plan::Lock& lock) {
  plan::Lock without = lock;
  without.archives.clear();
  return Digest::of(plan::to_json(without).dump()).hex();
}

std::string inputs_of(const std::string& lock, const std::string& definition, const std::string& judged_by) { return Digest::of(fmt::format("{}\n{}\n{}", lock, definition, judged_by)).hex(); }

std::string packages_identity(const plan::Lock& lock) {
  Hasher all;
  for (const auto& [platform, locked] : lock.platforms) {
    all.update(platform + "\n");
    for (const plan::LockedPackage& each : locked.packages) all.update(fmt::format("{} {} {}\n", each.name, each.version, each.sha256));
  }
  return all.finish().hex();
}

Result<Watched> look_at(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const FleetImage& image, const WatchOptions& options, Time now) {
  TRY_ASSIGN(auto history, history_of(ledger, image.repository));
  return look_at(workshop, database, std::move(history), image, options, now);
}

Result<Watched> look_at(Workshop& workshop, advisory::Database& database, ImageHistory history, const FleetImage& image, const WatchOptions& options, Time now) {
  Watched out;
  out.history = std::move(history);
  out.image = image;
  TRY_ASSIGN(out.definition, load_definition(*workshop.machine.files, image.definition));
  TRY_ASSIGN(out.identified, definition_identity(*workshop.machine.files, out.definition));
  TRY_ASSIGN(out.to, parse_destination(image.to));
  if (const auto stable = moving_tags(out.to, out.definition); image.rollout && std::ranges::find(stable, image.rollout->canary) != stable.end())
    return cannot(Kind::Invalid, fmt::format("renew '{}'", image.repository), fmt::format("its canary's tag '{}' is one of the stable ones", image.rollout->canary));
  policy::ImageFacts& facts = out.facts;
  facts.image = image.repository;
  facts.definition = image.definition.string();
  facts.cadence = image.cadence;
  facts.end = end_of(image, out.definition);
  TRY(watch_archives(workshop, options, out));
  TRY_ASSIGN(const auto published, published_now(workshop.machine, out.to, out.definition));
  if (published) TRY(watch_image(workshop, database, options, *published, out, now));
  TRY(watch_release(database, out));
  facts.end_announced = facts.end && out.history.announced(*facts.end);
  if (const auto& promoted = out.history.promoted) {
    facts.promoted = promoted->at;
    facts.seconds = promoted->seconds;
    facts.recorded = promoted->digest == facts.published && !promoted->lock.empty();
    facts.definition_changed = !promoted->definition.empty() && promoted->definition != out.identified;
  }
  TRY(watch_tags(workshop.machine, out));
  // What would be made of the lock and definition that are there now is what soaked, or it has not soaked.
  const auto& canary = out.history.canary;
  if (canary && image.rollout && canary->lock == out.identity && canary->definition == out.identified) facts.canary = policy::ImageFacts::Canary{.digest = canary->digest, .since = canary->at, .soak = image.rollout->soak};
  TRY(watch_hand(workshop.machine, image, out));
  facts.promise = promise_changed(options, out);
  out.inputs = inputs_of(lock_identity(out.newer), out.identified, options.judged_by);
  const auto left = out.history.left.find({lock_identity(out.newer), out.identified});
  if (left != out.history.left.end()) facts.stopped = fmt::format("it was published, and its tag was moved back{}{}", left->second.empty() ? "" : ": ", left->second);
  TRY_ASSIGN(const std::string stopped, stopped_before(workshop, database, options, out));
  if (!stopped.empty()) facts.stopped = stopped;
  return out;
}

Result<Watched> look_at_image(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const oci::ImageRef& image, const WatchOptions& options, Time now) {
  Watched out;
  out.to = image;
  out.image.repository = out.facts.image = image.location;
  TRY_ASSIGN(out.history, history_of(ledger, image.location));
  TRY(watch_image(workshop, database, options, image, out, now));
  return out;
}

Result<policy::SlaRules> agreement_of(Workshop& workshop, const policy::Policy& policy, const FleetImage& image) {
  if (image.sla.empty() && policy.sla) return *policy.sla;
  TRY_ASSIGN(auto found, sla_rules(workshop, image.sla));
  return std::move(found.first);
}

Done set_deadlines(Workshop& workshop, ledger::Ledger& ledger, const policy::Policy& policy, bool written, Watched& watched, Time now) {
  if (watched.facts.findings.empty()) return {};
  TRY_ASSIGN(const auto rules, agreement_of(workshop, policy, watched.image));
  TRY_ASSIGN(auto entries, ledger.read({.image = watched.image.repository}));
  for (const ledger::Event& each : watched.events) {
    if (!written) entries.push_back({.number = entries.size() + 1, .recorded = now, .event = each});  // as if they were written down
  }
  for (const policy::Clock& clock : policy::clocks(entries, rules, now)) {
    for (policy::OpenFinding& each : watched.facts.findings) {
      if (clock.environment.empty() && clock.is_open() && each.vulnerability == clock.vulnerability && each.package == clock.package) each.deadline = clock.deadline;
    }
  }
  return {};
}

}  // namespace ashlar::pipeline
