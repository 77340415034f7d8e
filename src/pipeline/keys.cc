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

/// The project's keyring, where there is one.
Result<std::optional<trust::Keyring>> ring_of(const KeySettings& settings, const trust::KeyAccess& access) {
  if (settings.ring.empty() || !access.machine.files->exists(settings.ring)) return std::optional<trust::Keyring>();
  TRY_ASSIGN(auto ring, trust::read_keyring(*access.machine.files, settings.ring));
  return std::optional(std::move(ring));
}

/// What to take instead.
std::string counting(const trust::Keyring& ring, Time now, std::string_view advice) {
  std::vector<std::string> names;
  for (const trust::KeyringEntry& each : ring.entries()) {
    if (trust::judge(each, now).standing == trust::Standing::Valid) names.push_back(fmt::format("'{}'", each.name));
  }
  return names.empty() ? std::string("none of its keys counts now: `ashlar keys generate` makes one, `ashlar keys add` adds it") : fmt::format("{}: {}", advice, join(names, ", "));
}

/// Invalid where the ring has the key and it does not count now.
Done counts_now(const trust::PublicKey& key, const std::string& what, std::string_view advice, const KeySettings& settings, const std::optional<trust::Keyring>& ring, const trust::KeyAccess& access, bool may_be_past) {
  if (!ring) return {};
  const Time now = access.machine.clock->now();
  const trust::Judgement judged = ring->judge(key.digest(), now);
  const bool past = may_be_past && judged.standing == trust::Standing::Expired;
  if (past || judged.standing == trust::Standing::Valid || judged.standing == trust::Standing::Unknown) return {};
  return cannot(Kind::Invalid, what, fmt::format("by the keyring '{}', {}; {}", settings.ring.string(), judged.rule, counting(*ring, now, advice)));
}

}  // namespace

Result<trust::PrivateKey> open_signing_key(std::string_view reference, const KeySettings& settings, const trust::KeyAccess& access) {
  TRY_ASSIGN(const auto ring, ring_of(settings, access));
  TRY_ASSIGN(auto key, trust::open_private_key(reference, access));
  TRY(counts_now(key.public_key(), fmt::format("sign with '{}'", trust::shown(reference)), "sign with one that counts now", settings, ring, access, false));
  return key;
}

Result<trust::PublicKey> open_verifying_key(std::string_view reference, const KeySettings& settings, const trust::KeyAccess& access, bool may_be_past) {
  TRY_ASSIGN(const auto ring, ring_of(settings, access));
  TRY_ASSIGN(auto key, trust::open_public_key(reference, access));
  TRY(counts_now(key, fmt::format("verify by '{}'", trust::shown(reference)), "name one that counts now", settings, ring, access, may_be_past));
  return key;
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
