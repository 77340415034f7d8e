#pragma once
// The project's keys: new ones as files, and the ring of those that it trusts.
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/workshop.h"
#include "trust/keyring.h"
#include "trust/open_key.h"

namespace ashlar::pipeline {

/// The private key that something is signed with. Invalid, with the rule and what to do, where the project's keyring has it and it does not count now: what it signs would be believed by nobody who
/// has that ring. A key that the ring has not is none of its business.
Result<trust::PrivateKey> open_signing_key(std::string_view reference, const KeySettings& settings, const trust::KeyAccess& access);

/// The public key by which something is verified that one person signed: a bundle of feeds, a checkpoint. Invalid likewise where the project's keyring has it and it does not count now. `may_be_past`: one whose
/// time is over still counts, for what it signed lies since then where others would see it changed; one that is revoked never does.
Result<trust::PublicKey> open_verifying_key(std::string_view reference, const KeySettings& settings, const trust::KeyAccess& access, bool may_be_past);

/// Where the workshop's keys are opened with; it must outlive what is returned.
trust::KeyAccess key_access(Workshop& workshop, host::Secrets& secrets, int descriptor = -1);

struct NewKey {
  trust::Algorithm algorithm = trust::Algorithm::EcdsaP256;
  bool cosign = true;        ///< cosign's file; else PKCS #8
  bool encrypted = true;
  std::string prefix = "ashlar";  ///< of `.key` and `.pub`
  bool replace = false;
};

struct KeyFiles {
  host::Path key, pub;
  Digest digest;
};

/// Makes a key and writes its two files, the private one with mode 0600. Conflict when one of them is there and `replace` does not say that it may go.
Result<KeyFiles> generate_key(const NewKey& wish, const trust::KeyAccess& access);

/// The ring at `path`, or an empty one where there is no file.
Result<trust::Keyring> read_ring(host::Files& files, const host::Path& path);

struct TrustWish {
  std::string key{};   ///< a file, or the URI of a key in a token
  std::string name{};
  std::string from{}, until{};  ///< dates; or lengths from now on: `365d`
};
/// Adds a key to the ring at `path`, which is made where it lacks.
Result<trust::KeyringEntry> trust_key(const host::Path& path, const TrustWish& wish, const trust::KeyAccess& access);
/// Withdraws one, from `from` on (a date; empty: now).
Result<trust::KeyringEntry> revoke_key(host::Machine& machine, const host::Path& path, std::string_view name, const std::string& from, const std::string& reason);

}  // namespace ashlar::pipeline
