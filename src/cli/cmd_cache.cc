#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/amount.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/hints.h"
#include "pipeline/cache.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "show", max_size, max_age;
  std::vector<std::string> locks;
  bool dry_run = false;
};

Json to_json(const std::vector<pipeline::CacheKind>& kinds) {
  Json list = Json::array();
  for (const auto& kind : kinds) list.push_back({{"kind", kind.kind}, {"entries", kind.entries}, {"bytes", kind.bytes}, {"oldest", kind.oldest.str()}});
  return list;
}

Result<Exit> show(Context& context, pipeline::Workshop& workshop) {
  TRY_ASSIGN(const auto report, pipeline::examine_cache(workshop));
  if (context.json) {
    answer(context, Json{{"schema", "https://ashlar.dev/cache/v1"}, {"folder", report.folder.string()}, {"bytes", report.bytes}, {"kinds", to_json(report.kinds)}});
    return Exit::Clean;
  }
  std::vector<std::vector<std::string>> rows = {{"KIND", "ENTRIES", "SIZE", "OLDEST"}};
  for (const auto& kind : report.kinds) rows.push_back({kind.kind, std::to_string(kind.entries), human_size(kind.bytes), kind.oldest.date()});
  context.answer->append(table(context, rows));
  say(context, fmt::format("{} in {}", human_size(report.bytes), report.folder.string()));
  return Exit::Clean;
}

Result<Exit> prune(Context& context, pipeline::Workshop& workshop, const Options& options) {
  pipeline::PruneOptions how;
  how.dry_run = options.dry_run;
  how.locks.assign(options.locks.begin(), options.locks.end());
  if (!options.max_size.empty()) {
    TRY_ASSIGN(how.limits.bytes, parse_size(options.max_size));
  }
  if (!options.max_age.empty()) {
    TRY_ASSIGN(how.limits.age, parse_age(options.max_age));
  }
  TRY_ASSIGN(const auto pruned, pipeline::prune_cache(workshop, how));
  if (context.json) {
    answer(context, Json{{"schema", "https://ashlar.dev/prune/v1"}, {"entries", pruned.entries}, {"bytes", pruned.bytes}, {"kept_for_locks", pruned.kept_for_locks}, {"kinds", to_json(pruned.kinds)}});
    return Exit::Clean;
  }
  say(context, fmt::format("{} {} entries, {}", options.dry_run ? "would remove" : "removed", pruned.entries, human_size(pruned.bytes)));
  if (pruned.kept_for_locks > 0) say(context, fmt::format("kept {} that locks need", human_size(pruned.kept_for_locks)));
  return Exit::Clean;
}

}  // namespace

Action cache(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "show (the default) or prune");
  app.add_option("--max-size", options->max_size, "prune: remove what was used longest ago until the rest fits, as 10GB")->option_text("SIZE");
  app.add_option("--max-age", options->max_age, "prune: remove what was not used for so long, as 30d")->option_text("AGE");
  app.add_option("--lock", options->locks, "prune: keep what these locks need; folders are searched for locks")->option_text("PATH");
  app.add_flag("--dry-run", options->dry_run, "prune: say what would go, remove nothing");
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(auto workshop, pipeline::open_workshop(context.machine, context.config, context.progress));
    if (options->action == "show") return show(context, workshop);
    if (options->action == "prune") return prune(context, workshop, *options);
    constexpr std::array<std::string_view, 2> actions = {"show", "prune"};
    return no_action("cache", options->action, actions);
  };
}

}  // namespace ashlar::cli
