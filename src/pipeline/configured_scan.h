#pragma once
// What the configuration says of scans.
#include "pipeline/scan.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

/// What every verb that scans goes by before its own options: the configuration's statements, decisions and excuses, and whose signatures count. Invalid where the configuration names a file of decisions
/// that is not there or that does not read: a slip in its name would open what somebody decided on, and nobody would be told.
Result<ScanOptions> configured_scan(const Workshop& workshop);

}  // namespace ashlar::pipeline
