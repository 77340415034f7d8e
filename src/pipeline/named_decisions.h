#pragma once
// Whether the decisions that a configuration names are there.
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

/// Invalid where a file of the configuration names one of decisions (`scan.exceptions`) that is not there: a slip in its name would open what somebody
/// decided on, and nobody would be told. Where none is named, `exceptions.json` counts when it is there.
Done require_named_decisions(const Workshop& workshop);

}  // namespace ashlar::pipeline
