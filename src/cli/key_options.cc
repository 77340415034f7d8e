#include "cli/key_options.h"

#include <fmt/format.h>

namespace ashlar::cli {

Result<trust::PrivateKey> open_private_key(const Context& context, const std::string& path) {
  TRY_ASSIGN(const std::string pem, context.machine.files->read(path));
  std::string password;
  for (const char* name : {"COSIGN_PASSWORD", "ASHLAR_KEY_PASSWORD"}) password = context.machine.environment(name).value_or(password);
  auto key = trust::PrivateKey::parse(pem, password);
  return key ? std::move(key) : cannot(fmt::format("use key '{}'", path), std::move(key).error());
}

Result<std::vector<pipeline::BelievedKey>> read_public_keys(const Context& context, const std::vector<std::string>& paths) {
  std::vector<pipeline::BelievedKey> out;
  for (const std::string& path : paths) {
    TRY_ASSIGN(const std::string pem, context.machine.files->read(path));
    auto key = trust::PublicKey::parse(pem);
    if (!key) return cannot(fmt::format("use key '{}'", path), std::move(key).error());
    out.push_back({path, std::move(*key)});
  }
  return out;
}

}  // namespace ashlar::cli
