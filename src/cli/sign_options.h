#pragma once
// What `sign` and `attest` share: the options that say where signatures go, and how it is told that they lie there.
#include <string>
#include <vector>

#include "cli/key_options.h"
#include "pipeline/sign.h"

namespace ashlar::cli {

struct SignFlags {
  std::string ref, layout = "both";
  KeyFlags key{};
  pipeline::SignOptions where{};
  /// The options with the layout taken into account.
  pipeline::SignOptions options() const;
};

/// Adds REF, `--key`, `--layout`, `--platform` and `--recursive`.
void add_sign_options(CLI::App& app, SignFlags& flags);
Exit say_placed(Context& context, const char* noun, const std::string& ref, const std::vector<pipeline::Placed>& placed);

}  // namespace ashlar::cli
