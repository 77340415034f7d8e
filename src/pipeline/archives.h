#pragma once
// Which archives a definition draws on, as this machine reaches them.
#include <string>
#include <vector>

#include "pipeline/lock.h"
#include "pipeline/workshop.h"
#include "plan/definition.h"

namespace ashlar::pipeline {

/// The distribution's suites and, unless `--only-distribution`, the definition's own repositories.
Result<std::vector<deb::Archive>> archives_of(Workshop& workshop, const plan::Definition& definition, const LockOptions& options);

/// A reader of archives over this workshop's cache and state.
deb::ArchiveReader open_archives(Workshop& workshop, const LockOptions& options);

}  // namespace ashlar::pipeline
