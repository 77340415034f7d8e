#pragma once
// What decides how a gate answers beside definition, lock and advisories.
#include <string>

#include "pipeline/fleet.h"
#include "pipeline/make.h"

namespace ashlar::pipeline {

/// A digest of the policy, the statements, the decisions and the keys that count.
Result<std::string> judged_by(Workshop& workshop, const Fleet& fleet, const MakeOptions& make);

}  // namespace ashlar::pipeline
