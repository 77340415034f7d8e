#include "pipeline/migrate_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/parallel.h"

namespace ashlar::pipeline {
namespace {

constexpr std::uint64_t max_beside = 1 << 20;

/// The text of a file of the context, never one outside of it.
std::optional<std::string> beside(host::Files& files, const host::Path& folder, std::string_view path) {
  const host::Path relative = host::Path(path).lexically_normal();
  if (relative.empty() || relative.is_absolute() || *relative.begin() == "..") return std::nullopt;
  const auto root = files.canonical(folder), real = files.canonical(folder / relative);
  if (!root || !real || std::mismatch(root->begin(), root->end(), real->begin(), real->end()).first != root->end()) return std::nullopt;
  const auto stat = files.stat(*real);
  if (!stat || stat->type != host::NodeType::Regular || stat->size > max_beside) return std::nullopt;
  auto text = files.read(*real);
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

}  // namespace

Result<MigrationTables> migration_tables(const Workshop& workshop, const host::Path& table) {
  host::Files& files = *workshop.machine.files;
  const host::Path images = table.empty() ? workshop.data / "policies" / "migration.yaml" : table, names = workshop.data / "policies" / "packages.yaml";
  TRY_ASSIGN(const std::string of_images, files.read(images));
  TRY_ASSIGN(const std::string of_packages, files.read(names));
  TRY_ASSIGN(const std::string of_others, files.read(workshop.data / "policies" / "replacements.yaml"));
  Result<workload::HardenedBases> bases;
  Result<workload::PackageNames> packages;
  Result<workload::Replacements> replacements;
  in_parallel(3, 0, [&](size_t index, size_t) {  // reading them is a third of a call for one file
    if (index == 0) packages = workload::PackageNames::parse(of_packages, names.string());
    if (index == 1) replacements = workload::Replacements::read(of_others, "policies/replacements.yaml");
    if (index == 2) bases = workload::HardenedBases::parse(of_images, images.string());
  });
  MigrationTables out;
  TRY_ASSIGN(out.bases, std::move(bases));
  TRY_ASSIGN(out.packages, std::move(packages));
  TRY_ASSIGN(out.replacements, std::move(replacements));
  return out;
}

Result<workload::Migrated> migrate_file(const Workshop& workshop, const MigrationTables& tables, const MigrateFileOptions& options) {
  host::Files& files = *workshop.machine.files;
  TRY_ASSIGN(const std::string text, files.read(options.file));
  const host::Path folder = options.context.empty() ? options.file.parent_path() : options.context;
  workload::MigrateOptions how;
  how.bases = &tables.bases;
  how.packages = &tables.packages;
  how.replacements = &tables.replacements;
  how.prefix = options.prefix;
  how.old = options.old;
  how.context = [&](std::string_view path) { return beside(files, folder.empty() ? host::Path(".") : folder, path); };
  while (how.prefix.ends_with('/')) how.prefix.pop_back();
  if (how.prefix.empty()) return cannot(Kind::Invalid, fmt::format("migrate '{}'", options.file.string()), "the prefix of the hardened images is empty");
  return workload::migrate(text, options.file.string(), how);
}

}  // namespace ashlar::pipeline
