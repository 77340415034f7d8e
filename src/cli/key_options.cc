#include "cli/key_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/config.h"
#include "pipeline/keys.h"
#include "trust/open_key.h"

namespace ashlar::cli {

void forbid_pin(CLI::Option* option) {
  option->check(CLI::Validator(
      [](const std::string& text) -> std::string {
        std::string plain;  // as p11-kit reads it: without white space
        std::ranges::copy_if(text, std::back_inserter(plain), [](unsigned char c) { return std::isspace(c) == 0; });
        if (!plain.starts_with("pkcs11:") || plain.find("pin-value") == std::string::npos) return {};
        return "a PIN on the command line (pin-value) stands in the list of processes: name a file with pin-source=file:PATH, or give it in ASHLAR_KEY_PASSWORD, by --password-fd or at the terminal";
      },
      ""));
}

CLI::Option* add_key_options(CLI::App& app, KeyFlags& flags, const char* what) {
  auto* const key = app.add_option("--key", flags.key, what)->option_text("KEY");
  forbid_pin(key);
  app.add_option("--password-fd", flags.password_descriptor, "the key's password is the first line of this open descriptor; otherwise ASHLAR_KEY_PASSWORD or COSIGN_PASSWORD has it, or the terminal is asked")->option_text("N")->needs(key);
  return key;
}

Result<trust::PrivateKey> open_private_key(const Context& context, const KeyFlags& flags) {
  const auto secrets = host::machine_secrets();
  TRY_ASSIGN(const auto folders, host::folders(context.machine));
  TRY_ASSIGN(const auto config, pipeline::read_config(context.machine, folders, context.config));
  return pipeline::open_signing_key(flags.key, config.keys, {.machine = context.machine, .secrets = *secrets, .descriptor = flags.password_descriptor, .module = config.keys.module});
}

Result<std::optional<trust::PrivateKey>> open_key(const Context& context, const KeyFlags& flags) {
  if (flags.key.empty()) return std::optional<trust::PrivateKey>();
  TRY_ASSIGN(auto key, open_private_key(context, flags));
  return std::optional(std::move(key));
}

std::string signed_by(const scan::Backing& backing) {
  std::vector<std::string> out(backing.keys.begin(), backing.keys.end());
  for (const std::string& fault : backing.faults) out.push_back(fmt::format("({})", fault));
  return out.empty() ? "nobody" : join(out, ", ");
}

void add_trust_options(CLI::App& app, pipeline::TrustSettings& settings) {
  forbid_pin(app.add_option("--key", settings.keys, "a public key whose signatures count: a PEM file, or a key in a token (pkcs11:...); repeatable")->option_text("KEY"));
  app.add_option("--keyring", settings.keyring, "keys whose signatures count, each from when until when (docs/formats/keyring.md)")->option_text("FILE");
  app.add_option("--trust-root", settings.root, "Sigstore's trusted_root.json: authorities and logs by which certificates and times are checked, without a network")->option_text("FILE");
  app.add_flag("--statements-by-manifest", settings.statements_by_manifest, "statements count, too, that nothing signs but whoever signs the manifest that holds them, as Docker Hardened Images lay theirs out");
  const auto one = [&settings]() -> pipeline::IdentityWords& { return settings.identities.empty() ? settings.identities.emplace_back() : settings.identities.front(); };
  const auto add = [&](const char* name, std::string pipeline::IdentityWords::*member, const char* what) {
    app.add_option_function<std::string>(name, [one, member](const std::string& text) { one().*member = text; }, what)->option_text("TEXT");
  };
  add("--certificate-identity", &pipeline::IdentityWords::name, "whose certificates count: a mail address or a URI, as the certificate has it");
  add("--certificate-identity-regexp", &pipeline::IdentityWords::name_expression, "the same as a regular expression that matches the whole of it");
  add("--certificate-oidc-issuer", &pipeline::IdentityWords::issuer, "who must have vouched for that identity");
  add("--certificate-oidc-issuer-regexp", &pipeline::IdentityWords::issuer_expression, "the same as a regular expression");
}

}  // namespace ashlar::cli
