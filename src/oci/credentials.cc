#include "oci/credentials.h"

#include <nlohmann/json.hpp>
#include <vector>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "host/program.h"

namespace ashlar::oci {
namespace {

constexpr std::string_view token_user = "<token>";  // what helpers call the user of an identity token
constexpr std::chrono::seconds helper_timeout{60};

/// Docker writes its keys as addresses: `https://host/v1/`.
std::string key_of(std::string_view text) {
  if (const size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    text.remove_prefix(scheme + 3);
    for (const std::string_view version : {"/v1", "/v2"}) {
      if (const size_t at = text.find(version); at != std::string_view::npos && (at + 3 == text.size() || text[at + 3] == '/')) text = text.substr(0, at);
    }
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

/// `user:password` in base64.
Result<Login> read_auth(const std::string& text) {
  TRY_ASSIGN(const Bytes bytes, from_base64(text));
  const std::string_view whole = as_text(bytes);
  const auto [user, password] = cut(whole, ':');
  if (user.size() == whole.size()) return fail(Kind::Corrupt, "'auth' is no user and password");
  std::string kept(password);
  while (kept.ends_with('\0')) kept.pop_back();  // old Docker
  return Login{std::string(user), std::move(kept), {}};
}

Result<Login> read_login(const Json& json) {
  Login out;
  if (!json.is_object()) return fail(Kind::Corrupt, "an entry of 'auths' is not an object");
  TRY_ASSIGN(const std::string auth, get_string_or_empty(json, "auth"));
  if (!auth.empty()) {
    TRY_ASSIGN(out, read_auth(auth));
  } else {
    TRY_ASSIGN(out.user, get_string_or_empty(json, "username"));
    TRY_ASSIGN(out.password, get_string_or_empty(json, "password"));
  }
  TRY_ASSIGN(out.identity_token, get_string_or_empty(json, "identitytoken"));
  return out;
}

Result<LoginFile> logins_of(const Json& json) {
  LoginFile out;
  if (!json.is_object()) return fail(Kind::Corrupt, "it is not an object");
  if (const auto auths = json.find("auths"); auths != json.end() && auths->is_object()) {
    for (const auto& [name, entry] : auths->items()) {
      TRY_ASSIGN(auto login, read_login(entry));
      // Docker leaves empty entries where a helper keeps the login.
      if (!login.user.empty() || !login.identity_token.empty()) out.logins.try_emplace(key_of(name), std::move(login));
    }
  }
  if (const auto helpers = json.find("credHelpers"); helpers != json.end() && helpers->is_object()) {
    for (const auto& [name, helper] : helpers->items()) {
      if (!helper.is_string()) return fail(Kind::Corrupt, "an entry of 'credHelpers' is no name");
      out.helpers.try_emplace(key_of(name), helper.get<std::string>());
    }
  }
  TRY_ASSIGN(out.store, get_string_or_empty(json, "credsStore"));
  return out;
}

/// Asks docker-credential-NAME (docker-credential-helpers, "Development"): the address goes in, the login comes out.
Result<std::optional<Login>> ask_helper(host::Machine& machine, const std::string& helper, const std::string& server) {
  const std::string program = "docker-credential-" + helper, what = fmt::format("get the login for '{}' from '{}'", server, program);
  if (helper.find('/') != std::string::npos) return cannot(Kind::Invalid, what, "a helper's name holds no slash");
  host::Command command;
  command.argv = {program, "get"};
  command.input = server;
  command.timeout = helper_timeout;
  const auto outcome = machine.processes->run(command);
  if (!outcome) return cannot(what, outcome.error());
  if (outcome->timed_out) return cannot(Kind::Unavailable, what, "it did not answer in a minute");
  if (outcome->exit_code != 0) {
    // The one answer that is no failure (docker-credential-helpers, credentials/error.go).
    if (outcome->out.find("credentials not found") != std::string::npos || outcome->err.find("credentials not found") != std::string::npos) return std::nullopt;
    const std::string said = std::string(trim(outcome->err.empty() ? outcome->out : outcome->err)).substr(0, 200);
    return cannot(Kind::Unavailable, what, said.empty() ? fmt::format("it ends with {}", outcome->exit_code) : said);
  }
  const auto json = parse_json(outcome->out, program);
  const auto user = json && json->is_object() ? get_string(*json, "Username") : fail(Kind::Corrupt, "no object");
  const auto secret = json && json->is_object() ? get_string(*json, "Secret") : fail(Kind::Corrupt, "no object");
  if (!user || !secret) return cannot(Kind::Corrupt, what, "its answer has no 'Username' and 'Secret'");
  if (*user == token_user) return Login{{}, {}, *secret};
  return Login{*user, *secret, {}};
}

std::vector<host::Path> login_files(const host::Machine& machine) {
  const auto folder = [&](const char* name) { return host::Path(machine.environment(name).value_or("")); };
  if (const host::Path named = folder("REGISTRY_AUTH_FILE"); !named.empty()) return {named};
  std::vector<host::Path> out;
  const host::Path home = folder("HOME");
  if (const host::Path runtime = folder("XDG_RUNTIME_DIR"); !runtime.empty()) out.push_back(runtime / "containers/auth.json");
  else out.push_back(fmt::format("/run/containers/{}/auth.json", host::effective_user()));
  if (const host::Path config = folder("XDG_CONFIG_HOME"); !config.empty()) out.push_back(config / "containers/auth.json");
  else if (!home.empty()) out.push_back(home / ".config/containers/auth.json");
  if (const host::Path docker = folder("DOCKER_CONFIG"); !docker.empty()) out.push_back(docker / "config.json");
  else if (!home.empty()) out.push_back(home / ".docker/config.json");
  return out;
}

/// What one file has for a repository; `address`: what helpers are asked for.
Result<std::optional<Login>> login_in(host::Machine& machine, const LoginFile& file, std::string_view repository, const std::string& address) {
  const std::string host(repository.substr(0, repository.find('/')));
  if (const auto helper = file.helpers.find(host); helper != file.helpers.end()) {
    TRY_ASSIGN(auto login, ask_helper(machine, helper->second, address));
    if (login) return login;
  }
  for (std::string_view name = repository;; name = name.substr(0, name.rfind('/'))) {
    if (const auto found = file.logins.find(std::string(name)); found != file.logins.end()) return found->second;
    if (name.find('/') == std::string_view::npos) break;
  }
  if (file.store.empty()) return std::nullopt;
  return ask_helper(machine, file.store, address);
}

}  // namespace

Result<LoginFile> read_logins(std::string_view text, std::string_view path) {
  const std::string what = fmt::format("read logins '{}'", path);
  const auto json = parse_json(text, path);
  if (!json) return cannot(what, json.error());
  auto out = logins_of(*json);
  if (!out) return cannot(what, std::move(out).error());
  return out;
}

Result<std::optional<Login>> find_login(host::Machine& machine, std::string_view repository, const std::string& also) {
  const std::string host(repository.substr(0, repository.find('/')));
  for (const host::Path& path : login_files(machine)) {
    if (!machine.files->exists(path)) continue;
    TRY_ASSIGN(const std::string text, machine.files->read(path));
    TRY_ASSIGN(const LoginFile file, read_logins(text, path.string()));
    TRY_ASSIGN(auto login, login_in(machine, file, repository, host));
    if (!login && !also.empty()) {
      TRY_ASSIGN(login, login_in(machine, file, key_of(also), also));
    }
    if (login) return login;
  }
  return std::nullopt;
}

}  // namespace ashlar::oci
