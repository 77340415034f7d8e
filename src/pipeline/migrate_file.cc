#include "pipeline/migrate_file.h"

#include <algorithm>

#include <fmt/format.h>

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

Result<workload::Migrated> migrate_file(const Workshop& workshop, const MigrateFileOptions& options) {
  host::Files& files = *workshop.machine.files;
  const host::Path table = options.table.empty() ? workshop.data / "policies" / "migration.yaml" : options.table;
  const host::Path names = workshop.data / "policies" / "packages.yaml";
  TRY_ASSIGN(const std::string images, files.read(table));
  TRY_ASSIGN(const auto bases, workload::HardenedBases::parse(images, table.string()));
  TRY_ASSIGN(const std::string list, files.read(names));
  TRY_ASSIGN(const auto packages, workload::PackageNames::parse(list, names.string()));
  TRY_ASSIGN(const std::string text, files.read(options.file));
  const host::Path folder = options.context.empty() ? options.file.parent_path() : options.context;
  workload::MigrateOptions how;
  how.bases = &bases;
  how.packages = &packages;
  how.prefix = options.prefix;
  how.old = options.old;
  how.context = [&](std::string_view path) { return beside(files, folder.empty() ? host::Path(".") : folder, path); };
  while (how.prefix.ends_with('/')) how.prefix.pop_back();
  if (how.prefix.empty()) return cannot(Kind::Invalid, fmt::format("migrate '{}'", options.file.string()), "the prefix of the hardened images is empty");
  return workload::migrate(text, options.file.string(), how);
}

}  // namespace ashlar::pipeline
