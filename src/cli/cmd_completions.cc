#include <CLI/CLI.hpp>

#include "cli/command_line.h"
#include "cli/commands.h"

namespace ashlar::cli {

Action print_completions(CLI::App& app) {
  const auto shell = std::make_shared<std::string>();
  app.add_option("SHELL", *shell, "bash, zsh or fish")->required();
  return [shell](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const std::string script, completions(CommandLine(), *shell));
    context.answer->append(script);
    return Exit::Clean;
  };
}

}  // namespace ashlar::cli
