#include "pipeline/inner/replay_world.h"

#include <algorithm>

#include "deb/version.h"

namespace ashlar::pipeline {
namespace {

bool older(const std::string& a, const std::string& b) { return deb::compare_versions(a, b) < 0; }

}  // namespace

void World::take(const Fact& fact) {
  const ReleaseSource place{fact.release, fact.source};
  ++(fact.source.empty() || fact.kind == FactKind::Withdrawn || fact.kind == FactKind::Assessed ? touched_at_large_ : touched_[place]);
  switch (fact.kind) {
    case FactKind::Image: images_.insert_or_assign(fact.image, Image{fact.release, fact.sources}); break;
    case FactKind::Version: offers_[place].push_back({fact.version, fact.at, fact.security}); break;
    case FactKind::Broken: broken_[place].insert_or_assign(fact.version, fact.reason); break;
    case FactKind::Advisory: {
      const auto [told, fresh] = advisories_[place].try_emplace(fact.id, Told{fact.version, fact.severity, fact.at});
      if (!fresh) told->second.fixed_in = fact.version, told->second.severity = fact.severity;
      break;
    }
    case FactKind::Rescored: rescored_.insert_or_assign(fact.id, fact.severity); break;
    case FactKind::Kev: exploited_.insert_or_assign(fact.id, Exploit{fact.at, fact.until}); break;
    case FactKind::Assessed: assessed_[fact.id].insert_or_assign({fact.image, fact.source}, Word{fact.status, fact.reason, fact.until}); break;
    case FactKind::Withdrawn:
      for (auto& [where, all] : advisories_) {
        if (fact.source.empty() || where.second == fact.source) all.erase(fact.id);
      }
      break;
  }
}

SourceVersions World::newest(const std::string& release, const SourceVersions& sources, bool security_only) const {
  SourceVersions out = sources;
  for (auto& [source, version] : out) {
    const auto offers = offers_.find({release, source});
    if (offers == offers_.end()) continue;
    for (const Offer& each : offers->second) {
      if ((!security_only || each.security) && older(version, each.version)) version = each.version;
    }
  }
  return out;
}

bool World::takes_of_security(const std::string& release, const SourceVersions& before, const SourceVersions& newer) const {
  return std::ranges::any_of(newer, [&](const auto& each) {
    const auto& [source, version] = each;
    const auto was = before.find(source);
    if (was != before.end() && was->second == version) return false;
    const auto offers = offers_.find({release, source});
    return offers != offers_.end() && std::ranges::any_of(offers->second, [&](const Offer& offer) { return offer.security && offer.version == version; });
  });
}

std::string World::broken(const std::string& release, const SourceVersions& sources) const {
  for (const auto& [source, version] : sources) {
    const auto found = broken_.find({release, source});
    if (found == broken_.end()) continue;
    if (const auto why = found->second.find(version); why != found->second.end()) return source + " " + version + ": " + why->second;
  }
  return {};
}

std::optional<Time> World::offered_since(const std::string& release, const std::string& source, const std::string& version) const {
  const auto offers = offers_.find({release, source});
  if (offers == offers_.end()) return std::nullopt;
  const auto found = std::ranges::find_if(offers->second, [&](const Offer& each) { return !older(each.version, version); });
  return found == offers->second.end() ? std::nullopt : std::optional(found->at);
}

const World::Word* World::assessment(const std::string& image, const std::string& id, const std::string& source, Time now, Look& out) const {
  const auto found = assessed_.find(id);
  if (found == assessed_.end()) return nullptr;
  const std::string any;
  for (const auto& [of_image, of_source] : {std::pair(&image, &source), {&image, &any}, {&any, &source}, {&any, &any}}) {  // the closest word counts
    const auto word = found->second.find({*of_image, *of_source});
    if (word == found->second.end()) continue;
    if (!word->second.until) return &word->second;
    if (*word->second.until <= now) continue;
    if (!out.until || *word->second.until < *out.until) out.until = word->second.until;
    return &word->second;
  }
  return nullptr;
}

void World::look_at(const std::string& image, const std::string& release, const std::string& source, const std::string& version, const std::string& id, const Told& told, Time now, Look& out) const {
  ++out.named;
  if (!told.fixed_in.empty() && !older(version, told.fixed_in)) return;
  SeenFinding finding{.severity = told.severity, .fixed_in = told.fixed_in, .published = told.published};
  if (const auto rescored = rescored_.find(id); rescored != rescored_.end()) finding.severity = rescored->second;
  if (const auto exploited = exploited_.find(id); exploited != exploited_.end()) finding.exploited = exploited->second.added, finding.exploited_due = exploited->second.due;
  if (const Word* const word = assessment(image, id, source, now, out)) finding.status = word->status, finding.reason = word->reason;
  if (!told.fixed_in.empty()) {
    if (const auto since = offered_since(release, source, told.fixed_in)) out.fixable.emplace(FindingName(id, source), *since);
  }
  out.seen.emplace(FindingName(id, source), std::move(finding));
}

World::Look World::look(const std::string& image, const std::string& release, const SourceVersions& sources, Time now) const {
  Look out;
  for (const auto& [source, version] : sources) {
    const auto own = advisories_.find({release, source}), shared = advisories_.find({std::string(), source});
    if (own != advisories_.end()) {
      for (const auto& [id, told] : own->second) look_at(image, release, source, version, id, told, now, out);
    }
    if (shared == advisories_.end()) continue;
    for (const auto& [id, told] : shared->second) {
      if (own == advisories_.end() || !own->second.contains(id)) look_at(image, release, source, version, id, told, now, out);  // what is said of a release counts there
    }
  }
  return out;
}

size_t World::touched(const std::string& release, const SourceVersions& sources) const {
  size_t out = touched_at_large_;
  for (const auto& [source, version] : sources) {
    for (const std::string& of : {release, std::string()}) {
      if (const auto found = touched_.find({of, source}); found != touched_.end()) out += found->second;
    }
  }
  return out;
}

}  // namespace ashlar::pipeline
