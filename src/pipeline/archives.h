#pragma once
// Which archives a definition draws on, as this machine reaches them.
#include <map>
#include <string>
#include <vector>

#include "deb/mirrors.h"
#include "pipeline/lock.h"
#include "pipeline/workshop.h"
#include "plan/definition.h"

namespace ashlar::pipeline {

/// The archives of one definition, and how to reach them.
struct Sources {
  std::vector<deb::Archive> archives;
  deb::Access access;  ///< logins and proxies, as apt has them
  std::map<std::string, std::string> stand_ins;  ///< of the distribution, where it stands alone
};

/// The distribution's suites, with `proposed` those that it names as such, and, unless `--only-distribution`, the definition's own repositories.
Result<Sources> sources_of(Workshop& workshop, const plan::Definition& definition, const LockOptions& options);

/// What the distribution's os-release says, for a definition that has none of its own: as the lock has it, or, without a lock that knows, as the
/// distribution is described here.
Result<plan::OsRelease> release_of(const Workshop& workshop, const plan::Definition& definition, const plan::Lock* lock);

/// A reader of archives over this workshop's cache and state.
deb::ArchiveReader open_archives(Workshop& workshop, deb::Access access, bool offline);

}  // namespace ashlar::pipeline
