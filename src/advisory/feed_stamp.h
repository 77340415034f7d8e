#pragma once
// Of which feeds a database was made, and how old each is.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/time.h"

namespace ashlar::advisory {

/// A feed that was compiled in.
struct FeedStamp {
  std::string name{}, format{}, source{};  ///< `source`: URL or path it came from
  Digest digest;                           ///< of its bytes, members in the order of their names
  Time dated{};                            ///< when its publisher made it, else of a file when that was last written, else when it was fetched
  Time fetched{};
  std::int64_t max_age = 0;                ///< seconds after current() when a scan says that it is stale; 0: never
  std::uint64_t records = 0;
  std::vector<std::string> spaces{};       ///< that it covers
  Time checked{};                          ///< when its publisher last answered that this is what it has; nothing: it was read from a file
  /// When it was last known to be what its publisher has, however long that did not change.
  Time current() const { return std::max(dated, checked); }
  bool is_stale(Time now) const { return max_age > 0 && now.seconds - current().seconds > max_age; }
};

}  // namespace ashlar::advisory
