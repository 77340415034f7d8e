#pragma once
// What the cache holds, and making it smaller.
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/config.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

struct CacheKind {
  std::string kind;      ///< `packages`, `indexes`, `frames`, `layers` (what was read of images), `partial`, `keyrings`, `roots` (images unpacked for their tests)
  std::uint64_t entries = 0, bytes = 0;
  Time oldest;           ///< last use of the entry that was not used for longest
};
struct CacheReport {
  host::Path folder;
  std::vector<CacheKind> kinds;  ///< sorted by name; folders that nobody knows are `other`
  std::uint64_t bytes = 0;
};
Result<CacheReport> examine_cache(Workshop& workshop);

struct PruneOptions {
  CacheLimits limits;               ///< what is not said: the configuration's
  std::vector<host::Path> locks;    ///< locks in use, or folders with such: what they need stays
  bool dry_run = false;
};
struct Pruned {
  std::uint64_t entries = 0, bytes = 0;       ///< removed
  std::uint64_t kept_for_locks = 0;           ///< bytes that the limits would take, but a lock needs
  std::vector<CacheKind> kinds;               ///< removed, by kind
};
/// Removes what was not used for longer than the age, then what was used longest ago until the size fits. Without any limit, Invalid.
Result<Pruned> prune_cache(Workshop& workshop, const PruneOptions& options);

}  // namespace ashlar::pipeline
