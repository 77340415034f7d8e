#include "pipeline/keys.h"

#include <fmt/format.h>

#include "base/amount.h"
#include "base/text.h"

namespace ashlar::pipeline {
namespace {

/// A date, or a length from now on; none for an empty text.
Result<std::optional<Time>> moment_of(const std::string& text, Time now, std::string_view option) {
  if (text.empty()) return std::nullopt;
  if (const auto length = parse_age(text)) return Time{now.seconds + *length};
  if (const auto time = Time::parse(text)) return *time;
  return fail(Kind::Invalid, fmt::format("{} '{}' is neither a date (2027-01-31) nor a length from now on (365d)", option, text));
}

Result<std::string> text_at(host::Files& files, const host::Path& path) { return files.exists(path) ? files.read(path) : std::string(); }

/// What to sign with instead.
std::string counting(const trust::Keyring& ring, Time now) {
  std::vector<std::string> names;
  for (const trust::KeyringEntry& each : ring.entries()) {
    if (trust::judge(each, now).standing == trust::Standing::Valid) names.push_back(fmt::format("'{}'", each.name));
  }
  return names.empty() ? std::string("none of its keys counts now: `ashlar keys generate` makes one, `ashlar keys add` adds it") : "sign with one that counts now: " + join(names, ", ");
}

}  // namespace

Result<trust::PrivateKey> open_signing_key(std::string_view reference, const KeySettings& settings, const trust::KeyAccess& access) {
  std::optional<trust::Keyring> ring;
  if (!settings.ring.empty() && access.machine.files->exists(settings.ring)) {
    TRY_ASSIGN(ring, trust::read_keyring(*access.machine.files, settings.ring));
  }
  TRY_ASSIGN(auto key, trust::open_private_key(reference, access));
  if (!ring) return key;
  const Time now = access.machine.clock->now();
  const trust::Judgement judged = ring->judge(key.public_key().digest(), now);
  if (judged.standing == trust::Standing::Valid || judged.standing == trust::Standing::Unknown) return key;
  return cannot(Kind::Invalid, fmt::format("sign with '{}'", trust::shown(reference)),
                fmt::format("by the keyring '{}', {}; {}", settings.ring.string(), judged.rule, counting(*ring, now)));
}

trust::KeyAccess key_access(Workshop& workshop, host::Secrets& secrets, int descriptor) { return {workshop.machine, secrets, descriptor, workshop.config.keys.module}; }

Result<KeyFiles> generate_key(const NewKey& wish, const trust::KeyAccess& access) {
  host::Files& files = *access.machine.files;
  const host::Path key_path(wish.prefix + ".key"), pub_path(wish.prefix + ".pub");
  for (const host::Path& path : {key_path, pub_path}) {
    if (files.exists(path) && !wish.replace) return cannot(Kind::Conflict, fmt::format("make key '{}'", key_path.string()), fmt::format("'{}' is there, and may be the only copy of a key (--force replaces it)", path.string()));
  }
  TRY_ASSIGN(const trust::PrivateKey key, trust::PrivateKey::generate(wish.algorithm));
  Secret password;
  if (wish.encrypted) {
    TRY_ASSIGN(password, trust::new_password(access, key_path.string()));
  }
  TRY_ASSIGN(const Secret pem, wish.cosign ? key.to_cosign(password.text()) : key.to_pkcs8(password.text()));
  if (key_path.has_parent_path()) TRY(files.make_folders(key_path.parent_path()));
  TRY(access.secrets.write(key_path, pem, wish.replace));
  TRY(files.write(pub_path, key.public_pem()));
  return KeyFiles{key_path, pub_path, key.public_key().digest()};
}

Result<trust::Keyring> read_ring(host::Files& files, const host::Path& path) {
  TRY_ASSIGN(std::string text, text_at(files, path));
  return trust::parse_keyring(files, std::move(text), path);
}

Result<trust::KeyringEntry> trust_key(const host::Path& path, const TrustWish& wish, const trust::KeyAccess& access) {
  host::Files& files = *access.machine.files;
  const std::string what = fmt::format("add key '{}'", wish.name);
  const Time now = access.machine.clock->now();
  auto from = moment_of(wish.from, now, "--from"), until = moment_of(wish.until, now, "--until");
  if (!from) return cannot(what, std::move(from).error());
  if (!until) return cannot(what, std::move(until).error());
  TRY_ASSIGN(trust::PublicKey key, trust::open_public_half(wish.key, access));
  const trust::KeyringEntry entry{wish.name, std::move(key), *from, *until};
  TRY_ASSIGN(const std::string text, text_at(files, path));
  TRY_ASSIGN(const std::string changed, trust::with_key(files, text, path, entry));
  TRY(files.write(path, changed));
  return entry;
}

Result<trust::KeyringEntry> revoke_key(host::Machine& machine, const host::Path& path, std::string_view name, const std::string& from, const std::string& reason) {
  host::Files& files = *machine.files;
  const Time now = machine.clock->now();
  Time since = now;
  if (!from.empty()) {
    auto time = Time::parse(from);
    if (!time) return cannot(Kind::Invalid, fmt::format("revoke key '{}'", name), fmt::format("--from '{}' is no date (2027-01-31)", from));
    since = *time;
  }
  TRY_ASSIGN(const std::string text, text_at(files, path));
  TRY_ASSIGN(std::string changed, trust::with_revocation(files, text, path, name, since, reason));
  TRY(files.write(path, changed));
  TRY_ASSIGN(const trust::Keyring ring, trust::parse_keyring(files, std::move(changed), path));
  return *ring.find(name);
}

}  // namespace ashlar::pipeline
