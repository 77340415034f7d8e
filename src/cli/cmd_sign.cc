#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/key_options.h"
#include "cli/sign_options.h"

namespace ashlar::cli {

Action sign(CLI::App& app) {
  const auto flags = std::make_shared<SignFlags>();
  add_sign_options(app, *flags);
  return [flags](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const auto key, open_private_key(context, flags->key));
    TRY_ASSIGN(const auto placed, pipeline::sign(context.machine, flags->ref, key, flags->options()));
    return say_placed(context, "sign", flags->ref, placed);
  };
}

}  // namespace ashlar::cli
