#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/migration_images.h"
#include "pipeline/migrate_file.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string write, context, table, bases = "ashlar";
  bool in_place = false, check = false;
  MigrationImages images;
};

/// Why there is no Dockerfile, each reason at its place.
std::unexpected<Error> refused(const workload::Migrated& migrated, const std::string& file) {
  auto error = cannot(Kind::Invalid, fmt::format("migrate '{}'", file), "it would not run without a person's decision");
  for (const workload::MigrationPoint& each : migrated.refusals) error.error().faults.push_back({file, each.span.line, each.span.column, fmt::format("'{}': {}", each.what, each.why), each.remedy, workload::line_of(migrated.text, each.span)});
  return error;
}

/// Of several files one that cannot be read, refused as others are.
workload::Migrated unread(const Error& error) {
  workload::Migrated out;
  for (const Fault& each : error.faults) out.refusals.push_back({"file", {.line = each.line, .column = each.column}, visible(each.excerpt.substr(0, 200)), each.message, each.hint});
  if (out.refusals.empty()) out.refusals.push_back({"file", {}, "the file", error.message, {}});
  return out;
}

Exit exit_of(const workload::Migrated& migrated) {
  if (migrated.refused()) return Exit::Wrong;
  return migrated.breaks.empty() ? Exit::Clean : Exit::No;
}

/// One file: the answer is the Dockerfile or the report.
Result<Exit> tell(Context& context, const Options& options, const workload::Migrated& migrated, bool writes) {
  const std::string& file = options.files.front();
  if (context.json) {
    Json record = workload::to_json(migrated, file);
    if (!writes && !options.check && !migrated.refused()) record["dockerfile"] = migrated.text;
    answer(context, record);
  } else if (context.format == "markdown") {
    context.answer->append(workload::to_markdown(migrated, file));
  } else if (migrated.refused()) {
    return refused(migrated, file);
  } else if (writes || options.check) {
    context.answer->append(workload::to_text(migrated, file));
  } else {
    context.answer->append(migrated.text);
    context.progress.note(workload::to_text(migrated, file));
  }
  if (options.check && !migrated.refused()) return migrated.changed ? Exit::No : Exit::Clean;
  return exit_of(migrated);
}

/// Of several the answer is what became of each; a file that cannot be migrated stops no other, and the worst is the exit code.
Result<Exit> tell_all(Context& context, const Options& options, const std::vector<workload::Migrated>& all) {
  Json list = Json::array();
  int worst = 0;
  for (size_t at = 0; at < all.size(); ++at) {
    const std::string& file = options.files[at];
    if (context.json) list.push_back(workload::to_json(all[at], file));
    else context.answer->append(context.format == "markdown" ? workload::to_markdown(all[at], file) + "\n" : workload::to_text(all[at], file));
    const Exit exit = options.check && !all[at].refused() ? (all[at].changed ? Exit::No : Exit::Clean) : exit_of(all[at]);
    worst = std::max(worst, static_cast<int>(exit));
  }
  if (context.json) answer(context, {{"schema", "https://ashlar.dev/migrations/v1"}, {"files", std::move(list)}});
  return static_cast<Exit>(worst);
}

/// What options do not go together.
Done fit(const Options& options) {
  if (options.files.empty()) return cannot(Kind::Invalid, "migrate", "no DOCKERFILE is named");
  if (options.in_place && !options.write.empty()) return cannot(Kind::Invalid, "write the hardened Dockerfile", "--in-place and --write exclude each other");
  if (options.files.size() > 1 && !options.in_place && !options.check) return cannot(Kind::Invalid, "migrate several files", "say --in-place or --check");
  if (options.files.size() > 1 && !options.images.old_image.empty()) return cannot(Kind::Invalid, "migrate several files", "--old-image is about one");
  return {};
}

}  // namespace

Action migrate(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DOCKERFILE", options->files, "the file to rewrite; several with --in-place or --check");
  app.add_option("--write", options->write, "write the hardened Dockerfile here; without it and --in-place the text answer is the file, and the report goes to standard error")->option_text("FILE");
  app.add_flag("--in-place", options->in_place, "write it where it was");
  app.add_flag("--check", options->check, "write nothing: the report alone; exit 1 where something is to be changed");
  const auto* const bases = app.add_option("--bases", options->bases, "where the hardened images lie")->option_text("PREFIX");
  app.add_option("--context", options->context, "the folder that is built from; that of the file by default")->option_text("FOLDER");
  app.add_option("--table", options->table, "hardened and usual images, in place of policies/migration.yaml")->option_text("FILE");
  add_migration_images(app, options->images);
  return [options, bases](Context& context) -> Result<Exit> {
    if (options->images.prove) return prove_migration(context, options->images);
    TRY(fit(*options));
    TRY_ASSIGN(const auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    TRY_ASSIGN(const auto tables, pipeline::migration_tables(workshop, options->table));
    TRY_ASSIGN(const auto old, old_image_of(context, options->images));
    const bool writes = (options->in_place || !options->write.empty()) && !options->check;
    std::vector<workload::Migrated> all;
    for (const std::string& file : options->files) {
      auto read = pipeline::migrate_file(workshop, tables, {.file = file, .context = options->context, .prefix = options->bases, .old = old ? &*old : nullptr});
      if (!read && options->files.size() == 1) return std::unexpected(std::move(read).error());
      workload::Migrated migrated = read ? std::move(*read) : unread(read.error());
      if (writes && !migrated.refused() && (migrated.changed || !options->in_place)) TRY(context.machine.files->write(options->in_place ? file : options->write, migrated.text));
      all.push_back(std::move(migrated));
    }
    const bool names_bases = bases->count() == 0 && std::ranges::any_of(all, [](const workload::Migrated& each) { return each.changed && !each.refused(); });
    if (names_bases) context.progress.note(fmt::format("hardened images are named '{}/...', which is nowhere of yours: --bases HOST/PREFIX says where they lie", options->bases));
    return all.size() == 1 ? tell(context, *options, all.front(), writes) : tell_all(context, *options, all);
  };
}

}  // namespace ashlar::cli
