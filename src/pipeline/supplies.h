#pragma once
// The packages and files that platforms of a lock take: in the cache, and whole.
#include <vector>

#include "oci/image.h"
#include "pipeline/archives.h"
#include "plan/lock.h"

namespace ashlar::pipeline {

/// What an image is made of, and where that is kept.
struct Supplies {
  Workshop& workshop;
  deb::ArchiveReader& cache;  ///< asks no archive
  const plan::Definition& definition;
  const plan::Lock& lock;
  const std::vector<oci::Platform>& platforms;
  const LockOptions& options;
};

/// Sees that the cache has every package and file by its name. Where it does already, no archive need be known to this machine.
Done fetch(const Supplies& supplies);

/// Hashes what the cache has; entries with other bytes than the lock says are removed and fetched again, with a note. True when there were such, false when
/// every entry is what the lock says. Offline they stay, and are a Corrupt error that says what to do.
Result<bool> heal(const Supplies& supplies);

}  // namespace ashlar::pipeline
