#include "pipeline/exposure.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "pipeline/decisions.h"
#include "pipeline/inventories.h"

namespace ashlar::pipeline {

namespace {

/// What is built on each image, by its repository. Each is named once, whatever platforms and revisions of its base are remembered.
class BuiltOn {
 public:
  explicit BuiltOn(const Fleet* fleet) {
    if (fleet == nullptr) return;
    for (const FleetApplication& each : fleet->applications) {
      const auto base = each.base_of_others ? oci::ImageRef::parse(each.base) : Result<oci::ImageRef>(fail(Kind::NotFound, "it is a repository"));
      by_base_[base ? ledger_name(*base) : each.base].push_back(each.ref);
    }
  }
  std::vector<policy::ImageFacts::Application> take(const std::string& image) {
    std::vector<policy::ImageFacts::Application> out;
    const auto ref = oci::ImageRef::parse(image);
    const auto found = ref ? by_base_.find(ledger_name(*ref)) : by_base_.end();
    if (found == by_base_.end()) return out;
    for (std::string& each : found->second) out.push_back({.image = std::move(each)});
    by_base_.erase(found);
    return out;
  }

 private:
  std::map<std::string, std::vector<std::string>> by_base_;
};

}  // namespace

Result<Renewed> due_by_advisory(Workshop& workshop, advisory::Database& database, const std::string& id, const Fleet* fleet) {
  TRY_ASSIGN(const auto answer, ask_inventories(workshop, database, id));
  TRY_ASSIGN(const auto likelihood, database.likelihood(id));
  Renewed out{.now = workshop.machine.clock->now()};
  out.images = answer.images;
  std::map<std::string, Known> known;  // of each package that it is about
  const auto facts_of = [&](const scan::Remembered& image) {
    policy::ImageFacts facts{.image = image.ref, .definition = {}};
    facts.published = image.digest;
    facts.recorded = true;
    facts.promoted = out.now;
    return facts;
  };
  for (const scan::Exposure& each : answer.exposed) {
    policy::ImageFacts& facts = out.facts.emplace_back(facts_of(each.image));
    for (const scan::Hit& hit : each.hits) {
      const std::string& package = hit.place.package;
      if (hit.judgement.outcome != scan::Outcome::Affected) {
        facts.unknown.push_back(fmt::format("'{}' says of {} {}: {}", hit.judgement.feed, package, hit.place.version, scan::to_string(hit.judgement.outcome)));
        continue;
      }
      const bool there = std::ranges::any_of(facts.findings, [&](const policy::OpenFinding& finding) { return finding.package == package; });
      if (there) continue;
      const auto [place, fresh] = known.try_emplace(package);
      if (fresh) {
        TRY_ASSIGN(place->second, what_is_known(database, id, package));
      }
      facts.findings.push_back({.vulnerability = id, .package = package, .severity = place->second.severity, .exploited = place->second.exploited, .likelihood = likelihood ? likelihood->score : 0, .opened = out.now, .fixed_in = hit.judgement.fixed_in, .fix_at_hand = !hit.judgement.fixed_in.empty()});
    }
  }
  BuiltOn built_on(fleet);
  for (policy::ImageFacts& each : out.facts) {
    if (std::ranges::any_of(each.findings, &policy::OpenFinding::fix_at_hand)) each.built_on_it = built_on.take(each.image);
  }
  std::unordered_map<std::string, size_t> by_digest;
  for (size_t at = 0; at < out.facts.size(); ++at) by_digest.emplace(out.facts[at].published, at);
  for (const scan::Remembered& each : answer.doubtful) {
    const auto there = by_digest.find(each.digest);
    policy::ImageFacts& facts = there == by_digest.end() ? out.facts.emplace_back(facts_of(each)) : out.facts[there->second];
    facts.unknown.insert(facts.unknown.end(), each.doubts.begin(), each.doubts.end());
  }
  out.due = policy::due(out.facts, out.now);
  return out;
}

}  // namespace ashlar::pipeline
