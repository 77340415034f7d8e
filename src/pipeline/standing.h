#pragma once
// Whether decisions that run count for a policy, before anybody scans.
#include <string>
#include <vector>

#include "pipeline/backing.h"
#include "scan/exceptions.h"

namespace ashlar::pipeline {

/// Why a decision does not count for these rules, by what was known when it was made; empty: it does, or it was revoked or has ended. Its backing was looked at.
std::string lacks_of(const scan::Exception& decision, const scan::DecisionRules& rules, Time now);
/// What signs a decision, as advice: `ashlar except sign E-1 --key KEY` in its marks.
std::string sign_it(const scan::Exception& decision);
/// Those of the files that run and do not count, a line each: what they lack, and what signs them.
Result<std::vector<std::string>> waiting_decisions(host::Machine& machine, const std::vector<DecisionsFile>& files, const TrustSettings& trust, const scan::DecisionRules& rules, Time now);

}  // namespace ashlar::pipeline
