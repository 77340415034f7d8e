// The readers of keys: any bytes as a private key, as the box of cosign's file, as a public key in PEM and DER, as a keyring. What opens signs, is read again as it was
// written, and no signature that it has not made counts.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "fuzz.h"
#include "host/memory.h"
#include "trust/key.h"
#include "trust/keyring.h"

namespace {

using namespace ashlar;

constexpr Time now{1800000000};

/// A file that is encrypted costs a fifth of a second: one in a hundred is tried.
bool is_cheap(std::string_view text) {
  static unsigned count = 0;
  return !trust::is_encrypted(text) || ++count % 100 == 0;
}

void try_private(std::string_view text) {
  if (!is_cheap(text)) return;
  const auto key = trust::PrivateKey::parse(text, "password");
  if (!key) {
    fuzz::must(key.error().message.starts_with("cannot read private key: "), "an error says what it is about");
    return;
  }
  const auto signature = key->sign("message");
  fuzz::must(signature.has_value() && key->public_key().verify("message", *signature).has_value(), "a key that reads signs");
  fuzz::must(!key->public_key().verify("massage", *signature).has_value(), "and for nothing else");
  const auto again = trust::PrivateKey::parse(key->to_pkcs8("")->text());
  fuzz::must(again.has_value() && again->public_pem() == key->public_pem(), "a key is the same once it is written");
}

void try_public(const Result<trust::PublicKey>& key) {
  if (!key) {
    fuzz::must(key.error().message.starts_with("cannot read public key: "), "an error says what it is about");
    return;
  }
  const auto again = trust::PublicKey::parse(key->pem());
  fuzz::must(again.has_value() && again->digest() == key->digest(), "a public key is the same once it is written");
  fuzz::must(!key->verify("never signed", std::string(64, 'x')).has_value(), "what was not signed has no signature");
}

void try_ring(std::string_view text) {
  host::MemoryFiles files;
  const auto ring = trust::parse_keyring(files, std::string(text), "/keyring.yaml");
  if (!ring) return;
  for (const trust::KeyringEntry& each : ring->entries()) {
    fuzz::must(!each.name.empty() && ring->find(each.key.digest()) == &each, "no key is there twice");
    fuzz::must(!each.revoked_from || !each.reason.empty(), "a revoked key has a reason");
    fuzz::must(ring->judge(each.key.digest(), now).key == each.name, "a key is judged by its own rules");
    if (each.revoked_from) continue;
    const auto revoked = trust::with_revocation(files, std::string(text), "/keyring.yaml", each.name, now, "lost");
    if (!revoked) continue;  // laid out otherwise
    const auto after = trust::parse_keyring(files, *revoked, "/keyring.yaml");
    fuzz::must(after.has_value() && after->judge(each.key.digest(), now).standing == trust::Standing::Revoked, "a key that was revoked is");
    fuzz::must(after->entries().size() == ring->entries().size(), "and the others are still there");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  try_private(text);
  try_public(trust::PublicKey::parse(text));
  try_public(trust::PublicKey::from_der({data, size}));
  try_ring(text);
  return 0;
}
