#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/hints.h"
#include "pipeline/catalog.h"
#include "pipeline/catalog_page.h"
#include "pipeline/workshop.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string action = "list", name, folder, images;
};
/// What tells images of one version apart: `runtime`, `dev`, `runtime fpm`, `runtime compat`.
std::string kind_of(const pipeline::CatalogEntry& entry) {
  const plan::Definition& definition = entry.definition;
  return fmt::format("{}{}{}", plan::to_string(definition.variant), definition.flavor.empty() ? "" : " ", definition.flavor);
}
using Entries = std::vector<pipeline::CatalogEntry>;

Json to_json(const pipeline::CatalogEntry& entry) {
  return {{"name", entry.name}, {"version", entry.version}, {"variant", plan::to_string(entry.definition.variant)}, {"flavor", entry.definition.flavor}, {"platforms", entry.definition.platforms},
          {"definition", entry.path.string()}, {"end_of_life", entry.end_of_life}};
}

/// What `show` says more than `list`.
Json to_full_json(const pipeline::CatalogEntry& entry) {
  Json record = to_json(entry);
  Json interpreters = Json::array();
  for (const auto& kept : entry.definition.interpreters) interpreters.push_back({{"path", kept.path}, {"reason", kept.reason}});
  record.update(Json{{"description", entry.description}, {"tags", entry.definition.tags}, {"license", entry.license}, {"end_of_life_source", entry.end_of_life_source},
                     {"support", entry.support}, {"home", entry.home}, {"migrate", entry.migrate}, {"run_as", entry.definition.accounts.run_as}, {"ports", entry.definition.ports},
                     {"volumes", entry.definition.volumes}, {"entrypoint", entry.definition.entrypoint}, {"cmd", entry.definition.cmd}, {"interpreters", std::move(interpreters)}});
  return record;
}

std::string names_of(const std::vector<pipeline::CatalogEntry>& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    if (std::find(names.begin(), names.end(), entry.name) == names.end()) names.push_back(entry.name);
  }
  return join(names, ", ");
}

void show(Context& context, const pipeline::CatalogEntry& entry) {
  const plan::Definition& definition = entry.definition;
  say(context, bold(context, fmt::format("{} {} ({})", entry.name, entry.version, kind_of(entry))));
  say(context, fmt::format("  {}", entry.description));
  say(context, fmt::format("  definition   {}", entry.path.string()));
  say(context, fmt::format("  tags         {}", join(definition.tags, ", ")));
  say(context, fmt::format("  platforms    {}", join(definition.platforms, ", ")));
  say(context, fmt::format("  licence      {}", entry.license));
  say(context, fmt::format("  end of life  {}{}", entry.end_of_life.empty() ? "not known" : entry.end_of_life,
                           entry.end_of_life_source.empty() ? "" : fmt::format(" ({})", entry.end_of_life_source)));
  if (!entry.support.empty()) say(context, fmt::format("  support      {}", entry.support));
  say(context, fmt::format("  runs as      {}", definition.accounts.run_as));
  if (!definition.ports.empty()) say(context, fmt::format("  ports        {}", join(definition.ports, ", ")));
  if (!definition.volumes.empty()) say(context, fmt::format("  volumes      {}", join(definition.volumes, ", ")));
  for (const auto& kept : definition.interpreters) say(context, fmt::format("  keeps        {}: {}", kept.path, kept.reason));
}

/// Whether `version` of what is asked for is the entry's: `8.4` with all its variants, `8.4-fpm` of the file's name, or one of its tags.
bool has_version(const pipeline::CatalogEntry& entry, const std::string& version) {
  const auto& tags = entry.definition.tags;
  return version.empty() || entry.version == version || entry.path.stem() == version || std::find(tags.begin(), tags.end(), version) != tags.end();
}

/// The entries of `asked`: a name, name:version, name:version-variant or name:tag. NotFound, with the nearest name, the versions or all names, when there
/// are none.
Result<Entries> find(const Entries& entries, const std::string& asked) {
  if (asked.empty()) return cannot(Kind::Invalid, "show an image", fmt::format("none is named; there are {}", names_of(entries)));
  const auto [name, version] = cut(asked, ':');
  Entries found;
  std::vector<std::string> versions;
  for (const auto& entry : entries) {
    if (entry.name != name) continue;
    versions.push_back(entry.path.stem().string());
    if (has_version(entry, std::string(version))) found.push_back(entry);
  }
  if (!found.empty()) return found;
  if (!versions.empty()) return cannot(Kind::NotFound, fmt::format("show '{}'", asked), fmt::format("the catalogue has no such version; there are {}", join(versions, ", ")));
  std::vector<std::string_view> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  const std::string near = nearest(name, names);
  return cannot(Kind::NotFound, fmt::format("show '{}'", asked), near.empty() ? fmt::format("the catalogue has no such image; there are {}", names_of(entries)) : fmt::format("the catalogue has no such image; did you mean '{}'?", near));
}

void list(Context& context, const Entries& entries) {
  if (context.json) {
    Json images = Json::array();
    for (const auto& entry : entries) images.push_back(to_json(entry));
    answer(context, Json{{"schema", "https://ashlar.dev/catalog/v1"}, {"images", std::move(images)}});
    return;
  }
  std::vector<std::vector<std::string>> rows = {{"NAME", "VERSION", "VARIANT", "PLATFORMS", "END OF LIFE", "DEFINITION"}};
  for (const auto& entry : entries)
    rows.push_back({entry.name, entry.version, kind_of(entry), join(entry.definition.platforms, " "), entry.end_of_life, entry.path.string()});
  context.answer->append(table(context, rows));
}

void show(Context& context, const Entries& entries) {
  Json images = Json::array();
  for (const auto& entry : entries) {
    if (context.json) images.push_back(to_full_json(entry));
    else show(context, entry);
  }
  if (context.json) answer(context, Json{{"schema", "https://ashlar.dev/catalog/v1"}, {"images", std::move(images)}});
}

/// The page of one image, or without a name the table of all.
Done page(Context& context, const Entries& entries, const Options& options) {
  if (options.name.empty()) {
    context.answer->append(pipeline::catalog_table(entries));
    return {};
  }
  TRY_ASSIGN(const Entries found, find(entries, options.name));
  std::vector<pipeline::PageEntry> of;
  for (const auto& entry : found) {
    TRY_ASSIGN(auto each, pipeline::page_entry(*context.machine.files, entry, options.images));
    of.push_back(std::move(each));
  }
  context.answer->append(pipeline::catalog_page(of));
  return {};
}

}  // namespace

Action catalog(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("ACTION", options->action, "list (the default), show, or page: its page of documentation in Markdown");
  app.add_option("NAME", options->name, "the image's name, name:version or name:version-variant; list without one lists all");
  app.add_option("--catalog", options->folder, "this folder of definitions instead of the one that ships")->option_text("DIR");
  app.add_option("--images", options->images, "with page: the layout that the catalogue was built into, for sizes")->option_text("oci:DIR");
  return [options](Context& context) -> Result<Exit> {
    host::Path folder = options->folder;
    if (folder.empty()) {
      TRY_ASSIGN(const host::Path data, pipeline::data_folder(context.machine));
      folder = data / "catalog";
    }
    TRY_ASSIGN(const auto entries, pipeline::read_catalog(*context.machine.files, folder));
    if (options->action == "list") {
      if (options->name.empty()) {
        list(context, entries);
        return Exit::Clean;
      }
      TRY_ASSIGN(const Entries found, find(entries, options->name));
      list(context, found);
    } else if (options->action == "show") {
      TRY_ASSIGN(const Entries found, find(entries, options->name));
      show(context, found);
    } else if (options->action == "page") {
      TRY(page(context, entries, *options));
    } else {
      constexpr std::array<std::string_view, 3> actions = {"list", "show", "page"};
      return no_action("catalog", options->action, actions);
    }
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
