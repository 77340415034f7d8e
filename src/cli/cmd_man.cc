#include <CLI/CLI.hpp>

#include "cli/command_line.h"
#include "cli/commands.h"

namespace ashlar::cli {

Action write_man_pages(CLI::App& app) {
  const auto folder = std::make_shared<std::string>();
  app.add_option("FOLDER", *folder, "where the pages go; made where it lacks")->required();
  return [folder](Context& context) -> Result<Exit> {
    const CommandLine line;
    host::Files& files = *context.machine.files;
    TRY(files.make_folders(*folder));
    TRY(files.write(host::Path(*folder) / "ashlar.1", man_page(line, "")));
    for (const Verb& verb : verbs()) TRY(files.write(host::Path(*folder) / ("ashlar-" + std::string(verb.name) + ".1"), man_page(line, verb.name)));
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
