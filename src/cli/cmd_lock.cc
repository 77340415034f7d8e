#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/lock_options.h"
#include "pipeline/catalog.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::vector<std::string> definitions;
  pipeline::LockOptions lock;
  bool update = false, keep_going = false;
  std::vector<std::string> update_names;
};

/// What happened to one definition.
struct Row {
  std::string definition;
  std::optional<pipeline::LockOutcome> outcome;
  Error error;
};

size_t count_packages(const plan::Lock& lock) {
  size_t count = 0;
  for (const auto& [platform, locked] : lock.platforms) count += locked.packages.size();
  return count;
}

void say_row(Context& context, const Row& row, bool check) {
  if (!row.outcome) {
    say(context, fmt::format("{}: {}", row.definition, row.error.message));
    for (const Fault& fault : row.error.faults) say(context, to_string(fault));
    return;
  }
  const auto& outcome = *row.outcome;
  const bool differs = !outcome.changes.empty();
  const std::string state = check ? (differs ? "a newer lock is due" : "up to date") : outcome.written ? "locked" : "unchanged";
  say(context, fmt::format("{}: {}, {} packages for {} platforms, {}", row.definition, state, count_packages(outcome.lock), outcome.lock.platforms.size(), outcome.path.string()));
  for (const std::string& change : pipeline::by_platforms(outcome.changes)) say(context, "  " + change);
  for (const std::string& note : pipeline::by_platforms(outcome.notes)) context.progress.note(note);
  for (const std::string& detail : pipeline::by_platforms(outcome.details)) context.progress.detail(detail);
}

Json to_json(const Row& row) {
  if (!row.outcome) {
    Json faults = Json::array();
    for (const Fault& fault : row.error.faults) faults.push_back({{"line", fault.line}, {"column", fault.column}, {"message", fault.message}, {"hint", fault.hint}});
    return {{"definition", row.definition}, {"locked", false}, {"error", row.error.message}, {"faults", std::move(faults)}};
  }
  return {{"definition", row.definition}, {"locked", true}, {"lock", row.outcome->path.string()}, {"written", row.outcome->written},
          {"packages", count_packages(row.outcome->lock)}, {"changes", row.outcome->changes}, {"notes", row.outcome->notes}, {"details", row.outcome->details}};
}

Exit worse(Exit a, Exit b) { return static_cast<int>(a) > static_cast<int>(b) ? a : b; }

}  // namespace

void add_lock_options(CLI::App& app, pipeline::LockOptions& options) {
  app.add_option("--mirror", options.mirrors, "fetch packages from URL (or NAME=URL, as security=URL) instead of the host's apt mirrors")->option_text("URL")->take_all();
  app.add_flag("--only-distribution", options.only_distribution, "leave out the definition's own package repositories");
  app.add_option("--accept-key", options.accept_keys, "trust this third-party key, by its fingerprint")->option_text("FINGERPRINT");
  app.add_flag("--offline", options.offline, "use only what the cache holds");
  app.add_option("--codec", options.codec, "how layers are compressed: gzip or zstd")->option_text("CODEC");
}

Action lock(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DEFINITION", options->definitions, "definitions to lock")->required();
  add_lock_options(app, options->lock);
  app.add_option("--platform", options->lock.platforms, "lock for these platforms; those of the definition by default")->delimiter(',')->option_text("PLATFORM");
  CLI::Option* update = app.add_option("--update", options->update_names, "move these packages, or all when none is named, to what the archives have now")
                            ->expected(0, -1)->option_text("[PACKAGE...]");
  app.add_flag("--security-only", options->lock.security_only, "move only packages that a security archive has newer");
  app.add_flag("--check", options->lock.check, "write nothing; exit 1 when a newer lock is due");
  app.add_flag("--keep-going", options->keep_going, "go on with the other definitions after an error");
  return [options, update](Context& context) -> Result<Exit> {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    if (update->count() > 0) {
      std::erase(options->update_names, std::string());
      options->lock.update = options->update_names;
      options->lock.update_all = options->update_names.empty();
    }
    Exit exit = Exit::Clean;
    std::optional<Error> failed;  // what ends the run: the others are told nevertheless
    Json list = Json::array();
    size_t number = 0;
    for (const std::string& path : options->definitions) {
      if (options->definitions.size() > 1) context.progress.stage(fmt::format("lock {} of {}: {}", ++number, options->definitions.size(), path), 0);
      Row row{path, std::nullopt, {}};
      auto definition = pipeline::load_definition(*context.machine.files, path);
      auto outcome = definition ? pipeline::lock(workshop, *definition, options->lock) : Result<pipeline::LockOutcome>(std::unexpected(definition.error()));
      if (outcome) {
        if (options->lock.check && !outcome->changes.empty()) exit = worse(exit, Exit::No);
        row.outcome = std::move(*outcome);
      } else {
        row.error = std::move(outcome).error();
        exit = worse(exit, Exit::Wrong);
      }
      const bool stop = !row.outcome && !options->keep_going;
      if (stop) failed = row.error;
      if (context.json) list.push_back(to_json(row));
      else if (!stop) say_row(context, row, options->lock.check);
      if (stop) break;
    }
    if (context.json) answer(context, Json{{"schema", "https://ashlar.dev/locking/v1"}, {"definitions", std::move(list)}});
    if (failed) return std::unexpected(std::move(*failed));
    return exit;
  };
}

}  // namespace ashlar::cli
