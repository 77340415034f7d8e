#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/migration_images.h"
#include "pipeline/migrate_file.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string file, write, context, table, bases = "ashlar";
  bool in_place = false, check = false;
  MigrationImages images;
};

/// Why there is no Dockerfile, each reason at its place.
std::unexpected<Error> refused(const workload::Migrated& migrated, const std::string& file) {
  auto error = cannot(Kind::Invalid, fmt::format("migrate '{}'", file), "it would not run without a person's decision");
  for (const workload::MigrationPoint& each : migrated.refusals) error.error().faults.push_back({file, each.span.line, each.span.column, fmt::format("'{}': {}", each.what, each.why), each.remedy, {}});
  return error;
}

Exit exit_of(const workload::Migrated& migrated) {
  if (migrated.refused()) return Exit::Wrong;
  return migrated.breaks.empty() ? Exit::Clean : Exit::No;
}

}  // namespace

Action migrate(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DOCKERFILE", options->file, "the file to rewrite");
  app.add_option("--write", options->write, "write the hardened Dockerfile here; without it and --in-place the text answer is the file, and the report goes to standard error")->option_text("FILE");
  app.add_flag("--in-place", options->in_place, "write it where it was");
  app.add_flag("--check", options->check, "write nothing: the report alone; exit 1 where something is to be changed");
  app.add_option("--bases", options->bases, "where the hardened images lie")->option_text("PREFIX");
  app.add_option("--context", options->context, "the folder that is built from; that of the file by default")->option_text("FOLDER");
  app.add_option("--table", options->table, "hardened and usual images, in place of policies/migration.yaml")->option_text("FILE");
  add_migration_images(app, options->images);
  return [options](Context& context) -> Result<Exit> {
    if (options->images.prove) return prove_migration(context, options->images);
    if (options->file.empty()) return cannot(Kind::Invalid, "migrate", "no DOCKERFILE is named");
    if (options->in_place && !options->write.empty()) return cannot(Kind::Invalid, "write the hardened Dockerfile", "--in-place and --write exclude each other");
    TRY_ASSIGN(const auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    pipeline::MigrateFileOptions how;
    how.file = options->file;
    how.context = options->context;
    how.table = options->table;
    how.prefix = options->bases;
    TRY_ASSIGN(const auto old, old_image_of(context, options->images));
    how.old = old ? &*old : nullptr;
    TRY_ASSIGN(const auto migrated, pipeline::migrate_file(workshop, how));
    const bool writes = (options->in_place || !options->write.empty()) && !options->check;
    if (writes && !migrated.refused() && (migrated.changed || !options->in_place)) {
      TRY(context.machine.files->write(options->in_place ? options->file : options->write, migrated.text));
    }
    if (context.json) {
      Json record = workload::to_json(migrated, options->file);
      if (!writes && !options->check && !migrated.refused()) record["dockerfile"] = migrated.text;
      answer(context, record);
    } else if (context.format == "markdown") {
      context.answer->append(workload::to_markdown(migrated, options->file));
    } else if (migrated.refused()) {
      return refused(migrated, options->file);
    } else if (writes || options->check) {
      context.answer->append(workload::to_text(migrated, options->file));
    } else {
      context.answer->append(migrated.text);
      context.progress.note(workload::to_text(migrated, options->file));
    }
    if (options->check && !migrated.refused()) return migrated.changed ? Exit::No : Exit::Clean;
    return exit_of(migrated);
  };
}

}  // namespace ashlar::cli
