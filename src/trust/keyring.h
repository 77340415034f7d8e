#pragma once
// The keys that a project trusts, from when until when: rotation and revocation. One form, docs/formats/keyring.md.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/time.h"
#include "host/files.h"
#include "trust/key.h"

namespace ashlar::trust {

struct KeyringEntry {
  std::string name;
  PublicKey key;
  std::optional<Time> valid_from{}, valid_until{};  ///< from the one on, until before the other
  std::optional<Time> revoked_from{};               ///< it counts for nothing from then on
  std::string reason{};                             ///< why it was revoked
};

enum class Standing { Valid, NotYet, Expired, Revoked, Unknown };
/// `valid`, `not-yet-valid`, `expired`, `revoked`, `unknown`
std::string_view to_string(Standing standing);

struct Judgement {
  Standing standing = Standing::Unknown;
  std::string key;   ///< its name in the ring; empty where it is unknown
  std::string rule;  ///< the rule that held, in words: `'release' is valid from 2026-01-01 until 2027-01-01`
};

class Keyring {
 public:
  explicit Keyring(std::vector<KeyringEntry> entries) : entries_(std::move(entries)) {}
  const std::vector<KeyringEntry>& entries() const { return entries_; }
  const KeyringEntry* find(std::string_view name) const;
  const KeyringEntry* find(const Digest& key) const;

  /// How a key stands at the time at which something was signed. That time must be told by somebody whom the key's thief cannot move: a time stamp, a
  /// transparency log, or our own clock when the signature was first seen; never the signer's own word, which goes back before any revocation.
  Judgement judge(const Digest& key, Time at) const;

 private:
  std::vector<KeyringEntry> entries_;
};

Judgement judge(const KeyringEntry& entry, Time at);

/// Reads a ring in YAML or JSON; every fault is in Error::faults. Keys that it names by path are read beside `path`. No ring has a name or a key twice.
Result<Keyring> read_keyring(host::Files& files, const host::Path& path);
Result<Keyring> parse_keyring(host::Files& files, std::string text, const host::Path& path);

/// The ring's text with one more entry, or with one revoked: comments and order stay. A revocation is moved to an earlier time, of which its reason tells, never to a later one. Conflict when the name or key is
/// there, or it is revoked from that time on already; Invalid, with the lines to add by hand, when the text is laid out so that it cannot be changed with certainty. An empty text is an empty ring.
Result<std::string> with_key(host::Files& files, const std::string& text, const host::Path& path, const KeyringEntry& entry);
Result<std::string> with_revocation(host::Files& files, const std::string& text, const host::Path& path, std::string_view name, Time from, const std::string& reason);

}  // namespace ashlar::trust
