#pragma once
// Lock files of JavaScript's package managers.
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace ashlar::inventory {

/// Names with versions.
using Locked = std::set<std::pair<std::string, std::string>>;

/// What a lock file names beside the project's own parts and, where it tells them, what is only for development. `name`: `package-lock.json` or
/// `npm-shrinkwrap.json` (versions 1 to 3), `yarn.lock` (1 and later), `pnpm-lock.yaml` (5 to 9). Corrupt when it is none.
Result<Locked> read_npm_lock(std::string_view name, std::string_view text);

}  // namespace ashlar::inventory
