#pragma once
// Logins for registries, from where people's other tools keep them: containers-auth.json(5), Docker's config.json, and credential helpers.
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "host/machine.h"

namespace ashlar::oci {

struct Login {
  std::string user, password;
  std::string identity_token;  ///< in the place of both: a refresh token (OAuth2)
};

/// What a file of logins says, by registry or `registry/namespace`; keys without scheme and without `/v1/` or `/v2/`.
struct LoginFile {
  std::map<std::string, Login> logins;
  std::map<std::string, std::string> helpers;  ///< names of credential helpers (`credHelpers`)
  std::string store;                           ///< the helper for all others (`credsStore`), or empty
};
Result<LoginFile> read_logins(std::string_view text, std::string_view path);

/// The login for a repository (`host/path`): of the most exact entry of the first file that has one. Files: `$REGISTRY_AUTH_FILE` alone where it is set;
/// else `$XDG_RUNTIME_DIR/containers/auth.json` (without that folder `/run/containers/UID/auth.json`), `containers/auth.json` in the user's configuration, `$DOCKER_CONFIG/config.json`, `~/.docker/config.json`.
/// A helper that has none is no error; a file or helper that fails is. `also`: an address under which a file may have the login instead, as Docker writes it.
Result<std::optional<Login>> find_login(host::Machine& machine, std::string_view repository, const std::string& also = {});

}  // namespace ashlar::oci
