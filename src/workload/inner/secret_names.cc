#include "workload/inner/secret_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <vector>

#include "base/text.h"

namespace ashlar::workload {
namespace {

constexpr std::array<std::string_view, 12> secret_words = {"password", "passwd", "pass", "pword", "secret", "token", "apikey", "credential", "credentials", "secrets", "passphrase", "pwd"};
constexpr std::array<std::string_view, 9> key_words = {"api", "secret", "private", "access", "encryption", "signing", "auth", "master", "license"};
/// What such a word is followed by where the variable only tells of a secret.
constexpr std::array<std::string_view, 37> harmless = {"file", "config", "path", "dir", "url", "uri", "name", "length", "size", "ttl", "expiry", "expires", "expiration", "enabled", "disabled", "policy", "type", "header", "issuer",
                                                       "algorithm", "max", "min", "timeout", "id", "endpoint", "count", "limit", "lifetime", "duration", "days", "hours", "minutes", "seconds", "public", "field", "audience", "store"};
constexpr std::array<std::string_view, 15> secret_files = {"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".env", ".npmrc", ".netrc", "_netrc", ".pypirc", ".git-credentials", ".pgpass", ".htpasswd", "kubeconfig", ".dockercfg", "credentials.json"};
constexpr std::array<std::string_view, 6> secret_ends = {".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"};
constexpr std::array<std::string_view, 4> secret_folders = {".ssh", ".aws", ".gnupg", ".kube"};

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view word) { return std::ranges::find(list, word) != list.end(); }

/// `DB_PASSWORD` and `dbPassword` alike: db, password.
std::vector<std::string> parts(std::string_view name) {
  std::vector<std::string> out(1);
  for (std::size_t at = 0; at < name.size(); ++at) {
    const auto c = static_cast<unsigned char>(name[at]);
    const bool hump = std::isupper(c) != 0 && at > 0 && std::islower(static_cast<unsigned char>(name[at - 1])) != 0;
    if ((std::isalnum(c) == 0 || hump) && !out.back().empty()) out.emplace_back();
    if (std::isalnum(c) != 0) out.back() += static_cast<char>(std::tolower(c));
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

}  // namespace

bool names_secret(std::string_view variable) {
  if (variable.size() > 256) return false;
  const auto words = parts(variable);
  if (words.size() == 1 && words[0] == "pwd") return false;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const bool key = words[at] == "key" && at > 0 && is_one_of(key_words, words[at - 1]);
    if (!key && !is_one_of(secret_words, words[at])) continue;
    return at + 1 == words.size() || !std::any_of(words.begin() + static_cast<std::ptrdiff_t>(at) + 1, words.end(), [](const std::string& each) { return is_one_of(harmless, each); });
  }
  return false;
}

bool is_literal(std::string_view value) {
  while (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '"' || value.back() == '\'')) value.remove_suffix(1);
  return !value.empty() && value != "true" && value != "false" && value.find('$') == std::string_view::npos && !value.starts_with("/run/secrets/");
}

namespace {

/// `scheme://user:password@host`, where the password is no variable.
bool has_password(std::string_view value) {
  const std::size_t scheme = value.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view authority = value.substr(scheme + 3);
  authority = authority.substr(0, authority.find_first_of("/?#\"' \t\n"));
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string_view password = cut(authority.substr(0, at), ':').second;
  return !password.empty() && password.find_first_of("$<{") == std::string_view::npos && password.find_first_not_of("*x.") != std::string_view::npos;
}

}  // namespace

bool gives_secret(std::string_view variable, std::string_view value) { return (names_secret(variable) && is_literal(value)) || has_password(value); }

bool is_secret_file(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (is_one_of(secret_files, name) || is_one_of(secret_folders, name) || (name.starts_with(".env.") && name != ".env.example" && name != ".env.sample")) return true;
  if (path.ends_with(".docker/config.json") || path.ends_with(".aws/credentials")) return true;
  return std::ranges::any_of(secret_ends, [&](std::string_view end) { return name.ends_with(end); });
}

}  // namespace ashlar::workload
