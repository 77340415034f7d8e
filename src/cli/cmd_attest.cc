#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/predicate.h"
#include "cli/commands.h"
#include "cli/key_options.h"
#include "cli/sign_options.h"

namespace ashlar::cli {

Action attest(CLI::App& app) {
  struct Options : SignFlags {
    std::string type, predicate;
  };
  const auto options = std::make_shared<Options>();
  add_sign_options(app, *options);
  app.add_option("--type", options->type, "what is said: a name such as slsaprovenance1, spdxjson, cyclonedx, openvex, vuln, or a type's URI")->option_text("TYPE")->required();
  app.add_option("--predicate", options->predicate, "the file that says it, JSON")->option_text("FILE")->required();
  return [options](Context& context) -> Result<Exit> {
    TRY_ASSIGN(const std::string type, attest::predicate_uri(options->type));
    TRY_ASSIGN(const std::string text, context.machine.files->read(options->predicate));
    TRY_ASSIGN(const Json predicate, parse_json(text, options->predicate));
    if (auto good = attest::check_predicate(type, predicate); !good) return cannot(fmt::format("attest '{}'", options->predicate), std::move(good).error());
    TRY_ASSIGN(const auto key, open_private_key(context, options->key));
    TRY_ASSIGN(const auto placed, pipeline::attest(context.machine, options->ref, {{type, to_compact(predicate)}}, key, options->options()));
    return say_placed(context, "attest", options->ref, placed);
  };
}

}  // namespace ashlar::cli
