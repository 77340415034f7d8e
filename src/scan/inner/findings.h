#pragma once
// Judgements become findings: those that name the same vulnerability are one.
#include "scan/scan.h"

namespace ashlar::scan {

/// What distinguishes a component beside its place: whose it is, and its purl.
struct Standing {
  Owner owner = Owner::App;
  std::string purl;
};

/// The findings on one component: affected ones, those not yet determined, and those whose versions do not compare, which go to `unjudged`.
std::vector<Finding> findings_of(const inventory::Component& component, const Place& place, const Standing& standing, std::vector<Judgement> judgements, std::vector<Unjudged>& unjudged);

/// The steps from the file to the place: what every finding on a component begins with.
std::vector<Step> steps_to(const inventory::Component& component, const Place& place);

/// What a finding counts for where findings are weighed: its severity. One that nobody has rated and that has a fix counts as a medium one: it may be any,
/// and something can be done about it.
advisory::Severity weight_of(const Finding& finding);

/// What matters first: status, exploited, weight (of those alike rated ones first), a fix, likelihood, identifier, component.
void sort_by_weight(std::vector<Finding>& findings);

}  // namespace ashlar::scan
