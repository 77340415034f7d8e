#pragma once
// Files of the build's context, by the names that they have in the image.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/inner/migration.h"

namespace ashlar::workload {

/// The text of `name` (`package.json`): beside the Dockerfile, else where a COPY takes it from. Nothing: it is not there, or more was asked for than any file needs.
std::optional<std::string> context_file(Migration& work, std::string_view name);

/// What npm installs for `pnpm` or `yarn` in place of corepack: in the version that a RUN or package.json says.
std::string manager_package(Migration& work, std::string_view tool);

/// What pip installs by RUNs of a stage, as far as words and requirement files say: names of packages. `whole` is false where a file is not there.
struct Requirements {
  std::vector<std::string> names;
  bool whole = true;
};
Requirements pip_requirements(Migration& work, size_t stage);

}  // namespace ashlar::workload
