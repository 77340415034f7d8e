#pragma once
// A Dockerfile of a team's disk, migrated: the tables that ship, and what lies beside the file.
#include <string>

#include "pipeline/workshop.h"
#include "workload/migrate.h"

namespace ashlar::pipeline {

struct MigrateFileOptions {
  host::Path file;                          ///< the Dockerfile
  host::Path context{};                     ///< what is built from; the file's folder where it is empty
  std::string prefix = "ashlar";            ///< where the hardened images lie
  const workload::OldImage* old = nullptr;  ///< may be null
};

/// What is read once for any number of files.
struct MigrationTables {
  workload::HardenedBases bases;
  workload::PackageNames packages;
  workload::Replacements replacements;
};
/// `table`: of images, in place of policies/migration.yaml where it is not empty.
Result<MigrationTables> migration_tables(const Workshop& workshop, const host::Path& table);

/// Reads; writes nothing. An unreadable file is an error, and a file that no builder would take is one of kind Invalid.
Result<workload::Migrated> migrate_file(const Workshop& workshop, const MigrationTables& tables, const MigrateFileOptions& options);

}  // namespace ashlar::pipeline
