#pragma once
// Artifacts of Maven whose group nothing in a jar tells.
#include "advisory/database.h"
#include "scan/judge.h"

namespace ashlar::scan {

/// Where such an artifact is judged, also one that a document names twice for want of a group, as syft does (`spring-beans/spring-beans`); others where they are. Advisories go by group and artifact: where feeds know one group that has an artifact of this name, it is taken for that one; where they know
/// none, no advisory can be about it; where they know several, it is judged if none of them makes a finding, and else not, with the groups named.
Result<Place> place_of_artifact(const inventory::Component& component, Place place, advisory::Database& database);

}  // namespace ashlar::scan
