#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "cli/commands.h"
#include "pipeline/catalog.h"
#include "plan/lock.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string definition, package, platform;
};

const plan::LockedPackage* find(const plan::LockedPlatform& platform, std::string_view name) {
  for (const auto& package : platform.packages) {
    if (package.name == name) return &package;
  }
  return nullptr;
}

/// Packages that need `name` directly.
std::vector<std::string> needed_by(const plan::LockedPlatform& platform, const std::string& name) {
  std::vector<std::string> out;
  for (const auto& package : platform.packages) {
    if (std::find(package.depends.begin(), package.depends.end(), name) != package.depends.end()) out.push_back(package.name);
  }
  return out;
}

}  // namespace

Action explain(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DEFINITION", options->definition, "a definition that has been locked")->required();
  app.add_option("PACKAGE", options->package, "a package in it")->required();
  app.add_option("--platform", options->platform, "of this platform; the first one by default")->option_text("PLATFORM");
  return [options](Context& context) -> Result<Exit> {
    const host::Path path = options->definition.ends_with(".json") ? host::Path(options->definition) : pipeline::lock_path(options->definition);
    TRY_ASSIGN(const std::string text, context.machine.files->read(path));
    TRY_ASSIGN(const plan::Lock lock, plan::read_lock(text, path.string()));
    const auto platform = options->platform.empty() ? lock.platforms.begin() : lock.platforms.find(options->platform);
    const std::string what = fmt::format("explain '{}'", options->package);
    if (platform == lock.platforms.end()) return cannot(Kind::NotFound, what, fmt::format("'{}' has no platform '{}'", path.string(), options->platform));
    const plan::LockedPackage* package = find(platform->second, options->package);
    if (package == nullptr) {
      std::vector<std::string_view> names;
      for (const auto& each : platform->second.packages) names.push_back(each.name);
      const std::string near = nearest(options->package, names);
      return cannot(Kind::NotFound, what, fmt::format("it is not in '{}'{}", path.string(), near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
    }
    const auto users = needed_by(platform->second, package->name);
    if (context.json) {
      answer(context, Json{{"schema", "https://ashlar.dev/explanation/v1"}, {"platform", platform->first}, {"name", package->name}, {"version", package->version},
                        {"source", package->source}, {"source_version", package->source_version}, {"archive", package->archive}, {"suite", package->suite},
                        {"reason", package->reason}, {"needed_by", users}, {"needs", package->depends}});
      return Exit::Clean;
    }
    say(context, bold(context, fmt::format("{} {} ({})", package->name, package->version, platform->first)));
    say(context, fmt::format("  why        {}", package->reason));
    say(context, fmt::format("  from       {} {}, source {} {}", package->archive, package->suite, package->source, package->source_version));
    say(context, fmt::format("  needed by  {}", users.empty() ? "nothing else in the image" : join(users, ", ")));
    say(context, fmt::format("  needs      {}", package->depends.empty() ? "nothing" : join(package->depends, ", ")));
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
