#pragma once
// Keys as the command line names them: of those who sign, and of those who check.
#include <optional>
#include <string>

#include "cli/verb.h"
#include "pipeline/believed.h"
#include "scan/backing.h"
#include "trust/key.h"

namespace CLI {
class Option;
}

namespace ashlar::cli {

/// Where a key and its password come from.
struct KeyFlags {
  std::string key;
  int password_descriptor = -1;
};
/// Refuses a key's URI with a PIN in it: everybody on the machine reads the command line.
void forbid_pin(CLI::Option* option);
/// Adds `--key`, of a private key, and `--password-fd`.
CLI::Option* add_key_options(CLI::App& app, KeyFlags& flags, const char* what);
Result<trust::PrivateKey> open_private_key(const Context& context, const KeyFlags& flags);
/// The same where a key may be named or not.
Result<std::optional<trust::PrivateKey>> open_key(const Context& context, const KeyFlags& flags);
/// Who signed a decision or statement, and what does not count, as a cell of a table.
std::string signed_by(const scan::Backing& backing);

/// Adds `--key`, `--keyring`, `--trust-root` and cosign's `--certificate-...`: whom to believe.
void add_trust_options(CLI::App& app, pipeline::TrustSettings& settings);

}  // namespace ashlar::cli
