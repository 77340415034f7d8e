#pragma once
// The options of `migrate` that are about images, not the file: the one that runs today, and the new one that is held against it.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "workload/old_image.h"

namespace ashlar::cli {

struct MigrationImages {
  std::string old_image, new_image, platform, arguments;
  bool prove = false, writable_root = false;
  std::vector<std::string> gets, runs, execs, environment;
  int patience = 30;
};

/// Adds `--old-image`, `--new-image`, `--prove` and what the proof asks of both.
void add_migration_images(CLI::App& app, MigrationImages& images);

/// What the old image tells; nothing where none is named.
Result<std::optional<workload::OldImage>> old_image_of(Context& context, const MigrationImages& images);

/// Runs both and says what differs: 0 nothing that worked fails, 1 something does, 3 it cannot be said here.
Result<Exit> prove_migration(Context& context, const MigrationImages& images);

}  // namespace ashlar::cli
