#include "scan/inner/artifacts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::scan {

Result<Place> place_of_artifact(const inventory::Component& component, Place place, advisory::Database& database) {
  constexpr const char* space = "Maven";
  const auto [name, artifact] = cut(component.name, ':');
  if (component.type != "maven" || component.version.empty() || (!artifact.empty() && artifact != name)) return place;
  TRY_ASSIGN(const auto candidates, database.with_artifact(name));
  if (std::ranges::find(candidates, component.name) != candidates.end()) return place;  // `commons-io:commons-io`
  if (candidates.size() < 2) return Place{space, candidates.empty() ? component.name : candidates.front(), component.version, {}};
  for (const std::string& candidate : candidates) {
    TRY_ASSIGN(const auto judgements, judge(database, {space, candidate, component.version, {}}, component.symbols, Depth::Findings));
    const bool found = std::ranges::any_of(judgements, [](const Judgement& each) { return each.outcome != Outcome::Withdrawn; });
    if (found) return place.reason = fmt::format("nothing tells its group, and feeds speak of '{}'", join(candidates, "', '")), place;
  }
  return Place{space, component.name, component.version, {}};
}

}  // namespace ashlar::scan
