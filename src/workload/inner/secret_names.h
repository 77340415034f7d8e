#pragma once
// Variables and files that hold secrets, by their names.
#include <string_view>

namespace ashlar::workload {

/// `DB_PASSWORD`, `API_KEY`, `githubToken`; not `PASSWORD_FILE`, `TOKEN_URL`, `PWD`.
bool names_secret(std::string_view variable);
/// A value that keeps something: not empty, and not wholly another variable's.
bool is_literal(std::string_view value);
/// A variable of a secret's name with its value, or an address with a password in it: `postgres://app:hunter2@db/app`.
bool gives_secret(std::string_view variable, std::string_view value);
/// `id_rsa`, `.env`, `server.key`, `.npmrc`, ...
bool is_secret_file(std::string_view path);

}  // namespace ashlar::workload
