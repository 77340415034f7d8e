#pragma once
// Until when a release of a distribution is supported, by all that feeds say of it.
#include <optional>
#include <string_view>

#include "advisory/database.h"

namespace ashlar::advisory {

struct ReleaseSupport {
  std::optional<Time> until{};  ///< the latest day that a feed names; none: no feed names one
  bool over = false;            ///< a feed says that it has ended, and not since when
};

/// Of a release as feeds name it: `Debian:13`.
Result<ReleaseSupport> release_support(Database& database, std::string_view space);

}  // namespace ashlar::advisory
