#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include "cli/commands.h"
#include "advisory/compile.h"

namespace ashlar::cli {
namespace {

struct Options {
  std::string name, format, path, database;
};

}  // namespace

Action feed(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("--name", options->name, "")->required();
  app.add_option("--feed-format", options->format, "")->required();
  app.add_option("PATH", options->path, "")->required();
  app.add_option("--db", options->database, "")->required();
  return [options](Context& context) -> Result<Exit> {
    advisory::FeedInput input{.stamp = {.name = options->name, .format = options->format, .source = options->path, .digest = Digest::of(std::string_view()), .fetched = context.machine.clock->now()}, .path = options->path,
                              .settings = {.releases = {{"trixie", "13"}, {"bookworm", "12"}}}};
    TRY_ASSIGN(const auto compiled, advisory::compile(*context.machine.files, {input}, {}, options->database));
    say(context, fmt::format("{} records, {} rows, {}", compiled.records, compiled.rows, compiled.digest.str()));
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
