#pragma once
// What one advisory makes due, of all images that are remembered, without reading one of them again.
#include <string>

#include "pipeline/renew.h"

namespace ashlar::pipeline {

/// Each remembered image that the advisory is about, or may be: a rebuild where its publisher has a fix, else an assessment; a look where that cannot be said.
/// With a fleet the applications that it says are built on such images follow them. Archives are not asked and nothing is written. NotFound when no feed has the advisory.
Result<Renewed> due_by_advisory(Workshop& workshop, advisory::Database& database, const std::string& id, const Fleet* fleet);

}  // namespace ashlar::pipeline
