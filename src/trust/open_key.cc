#include "trust/open_key.h"

#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/shell.h"
#include "trust/inner/key_files.h"
#include "trust/pkcs11.h"

namespace ashlar::trust {
namespace {

constexpr size_t max_file = 1 << 20;
constexpr int tries = 3;
constexpr std::string_view file_scheme = "file:";
constexpr std::string_view public_suffix = ".pub";

/// A password and where it came from, in words.
struct Given {
  Secret password;
  std::string source;
};

/// What somebody has given already, without asking.
Result<std::optional<Given>> given(const KeyAccess& access, const std::string& peer) {
  if (access.descriptor >= 0) {
    TRY_ASSIGN(Secret line, access.secrets.read(access.descriptor));
    return Given{std::move(line), fmt::format("descriptor {}", access.descriptor)};
  }
  for (const std::string& name : {std::string("ASHLAR_KEY_PASSWORD"), peer}) {
    if (auto value = access.machine.environment(name)) return Given{Secret(std::move(*value)), name};
  }
  return std::nullopt;
}

/// A file with a secret, in memory that is wiped.
Result<Secret> read_secret(host::Files& files, const host::Path& path) {
  TRY_ASSIGN(const auto file, files.open(path));
  if (file->size() > max_file) return cannot(Kind::Invalid, fmt::format("read file '{}'", path.string()), "it is larger than 1 MiB");
  Secret out(max_file);  // of files that tell no size, too
  size_t size = 0;
  while (size < max_file) {
    TRY_ASSIGN(const size_t count, file->read_at(size, {out.data() + size, max_file - size}));
    if (count == 0) break;
    size += count;
  }
  out.shorten(size);
  return out;
}

bool has_private(std::string_view pem) { return pem.find("PRIVATE KEY-----") != std::string_view::npos; }

Result<PrivateKey> open_file(std::string_view reference, const KeyAccess& access) {
  const std::string what = fmt::format("open key '{}'", reference);
  TRY_ASSIGN(const Secret pem, read_secret(*access.machine.files, host::Path(reference)));
  if (!has_private(pem.text())) return cannot(Kind::Invalid, what, pem.text().find("PUBLIC KEY-----") == std::string_view::npos ? "it is no PEM private key" : "it is a public key: signing takes the private one");
  if (!is_encrypted(pem.text())) {
    auto key = PrivateKey::parse(pem.text());
    return key ? std::move(key) : cannot(what, std::move(key).error());
  }
  TRY_ASSIGN(const auto has, given(access, "COSIGN_PASSWORD"));
  if (has) {
    auto key = PrivateKey::parse(pem.text(), has->password.text());
    if (key) return key;
    if (key.error().kind == Kind::Denied) return cannot(Kind::Invalid, what, fmt::format("the password of {} does not open it", has->source));
    return cannot(what, std::move(key).error());
  }
  if (auto key = PrivateKey::parse(pem.text()); key) return key;  // with no password, as cosign encrypts a key that has none
  for (int turn = 1;; ++turn) {
    auto typed = access.secrets.ask(fmt::format("Password of {}: ", reference));
    if (!typed) return cannot(Kind::Invalid, what, "it is encrypted: give the password in ASHLAR_KEY_PASSWORD, by --password-fd, or at a terminal");
    auto key = PrivateKey::parse(pem.text(), typed->text());
    if (key) return key;
    if (key.error().kind != Kind::Denied) return cannot(what, std::move(key).error());
    if (turn == tries) return cannot(Kind::Invalid, what, "the password does not open it");
  }
}

std::string module_of(const KeyAccess& access) {
  const auto named = [&](const char* name) { return access.machine.environment(name).value_or(""); };
  if (const std::string own = named("ASHLAR_PKCS11_MODULE"); !own.empty()) return own;
  if (!access.module.empty()) return access.module;
  const std::string common = named("PKCS11_MODULE_PATH");
  return common.empty() ? named("COSIGN_PKCS11_MODULE_PATH") : common;
}

/// The PIN in the file that a URI names (RFC 7512, section 2.4): its first line.
Result<Secret> pin_in_file(host::Files& files, std::string_view source) {
  const std::string what = fmt::format("read the PIN from '{}'", source);
  if (source.starts_with('|')) return cannot(Kind::Invalid, what, "programs are not run");
  if (source.starts_with(file_scheme)) source.remove_prefix(file_scheme.size());
  if (source.starts_with("//")) source.remove_prefix(2);  // file:///path
  auto text = read_secret(files, host::Path(source));
  if (!text) return cannot(what, std::move(text).error());
  const size_t end = text->text().find_first_of("\r\n");
  if (end != std::string_view::npos) text->shorten(end);
  return std::move(*text);
}

TokenOptions token_options(const KeyAccess& access) {
  return {module_of(access), [&access](std::string_view token, const std::string& source) -> Result<Secret> {
            if (!source.empty()) return pin_in_file(*access.machine.files, source);
            TRY_ASSIGN(auto has, given(access, "COSIGN_PKCS11_PIN"));
            if (has) return std::move(has->password);
            auto typed = access.secrets.ask(fmt::format("PIN of token {}: ", token));  // once: a wrong one counts against the token
            if (!typed) return cannot(Kind::Invalid, fmt::format("log in to token '{}'", token), "no PIN is given: in ASHLAR_KEY_PASSWORD, by --password-fd, in the URI (pin-source), or at a terminal");
            return std::move(*typed);
          }};
}

template <class Key>
Result<Key> of_token(Result<Key> key, std::string_view reference) {
  if (key) return key;
  if (key.error().kind == Kind::Denied) key.error().kind = Kind::Invalid;  // a wrong PIN is wrong usage, nothing is forged
  return cannot(fmt::format("open key '{}'", shown(reference)), std::move(key).error());
}

}  // namespace

std::string shown(std::string_view uri) {
  const size_t at = uri.find("pin-value=");
  return at == std::string_view::npos ? std::string(uri) : std::string(uri.substr(0, at)) + "pin-value=...";
}

Result<PrivateKey> open_private_key(std::string_view reference, const KeyAccess& access) {
  return is_token_uri(reference) ? of_token(open_token_key(reference, token_options(access)), reference) : open_file(reference, access);
}

Result<PublicKey> open_public_key(std::string_view reference, const KeyAccess& access) {
  if (is_token_uri(reference)) return of_token(read_token_key(reference, token_options(access)), reference);
  const std::string what = fmt::format("open key '{}'", reference);
  TRY_ASSIGN(const Secret pem, read_secret(*access.machine.files, host::Path(reference)));
  if (has_private(pem.text())) {
    const host::Path file(reference);
    const std::string beside = host::Path(file).replace_extension(public_suffix).string();
    return cannot(Kind::Invalid, what, fmt::format("it is a private key, and who verifies has the public one: `ashlar keys export {} > {}` writes that", shell_word(file.string()), shell_word(beside)));
  }
  auto key = PublicKey::parse(pem.text());
  return key ? std::move(key) : cannot(what, std::move(key).error());
}

Result<PublicKey> open_public_half(std::string_view reference, const KeyAccess& access) {
  if (!is_token_uri(reference)) {
    TRY_ASSIGN(const Secret pem, read_secret(*access.machine.files, host::Path(reference)));
    if (has_private(pem.text())) {
      TRY_ASSIGN(const PrivateKey key, open_file(reference, access));
      return key.public_key();
    }
  }
  return open_public_key(reference, access);
}

Result<Secret> new_password(const KeyAccess& access, std::string_view name) {
  const std::string what = fmt::format("encrypt key '{}'", name);
  constexpr std::string_view empty = "the password is empty (--no-password makes a key without one)";
  TRY_ASSIGN(auto has, given(access, "COSIGN_PASSWORD"));
  if (has) return has->password.empty() ? cannot(Kind::Invalid, what, fmt::format("{}: that of {}", empty, has->source)) : Result<Secret>(std::move(has->password));
  auto first = access.secrets.ask(fmt::format("Password for {}: ", name));
  if (!first) return cannot(Kind::Invalid, what, "no password is given: in ASHLAR_KEY_PASSWORD, by --password-fd, or at a terminal (--no-password makes a key without one)");
  if (first->empty()) return cannot(Kind::Invalid, what, empty);
  TRY_ASSIGN(const Secret second, access.secrets.ask("The same again: "));
  if (first->text() != second.text()) return cannot(Kind::Invalid, what, "the two are not the same");
  return std::move(*first);
}

}  // namespace ashlar::trust
