#pragma once
// Entries of Rekor, the log of signatures: that the log has them, since when, and what they say (RFC 6962; C2SP tlog-checkpoint and signed-note; sigstore/rekor,
// pkg/types; sigstore/rekor-tiles).
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "trust/bundle.h"
#include "trust/trust_root.h"

namespace ashlar::trust {

/// Denied unless the hashes lead from leaf `index` of a tree of `size` leaves to its root (RFC 9162, section 2.1.3.2).
Done check_inclusion(std::string_view leaf, std::int64_t index, std::int64_t size, std::span<const std::string> hashes, std::string_view root_hash);

/// A tree's head, as its log has signed it.
struct Checkpoint {
  std::string origin;
  std::int64_t size = 0;
  std::string root_hash;
};
/// Denied unless the note is well formed and signed by the log. A log of tiles (Rekor v2: an origin without a tree's number) must sign in its own host's name.
Result<Checkpoint> open_checkpoint(std::string_view note, const TransparencyLog& log);

/// The entry is in the tree that its checkpoint names, and the checkpoint is the log's.
Done check_proof(const LogEntry& entry, const TransparencyLog& log);
/// The signed entry timestamp is the log's, over this entry, and of a time at which its key counted.
Done check_promise(const LogEntry& entry, const TransparencyLog& log);

/// What an entry says was signed, and by whom.
struct LoggedSignature {
  std::string signature;
  std::string certificate;  ///< DER; empty when there is a key
  std::string key;          ///< SubjectPublicKeyInfo in DER; empty when there is a certificate
  std::string hash;         ///< `sha256`, `SHA2_256`, and so on
  std::string digest;       ///< bytes
  bool of_payload = false;  ///< the digest is of an envelope's payload; otherwise it is of the very bytes that were signed
};
/// The entry's body: hashedrekord and dsse of 0.0.1 and 0.0.2, intoto of 0.0.2, with exactly one signature. Denied for other kinds, and where the body is of
/// another kind than the entry says.
Result<LoggedSignature> read_entry_body(const LogEntry& entry);

}  // namespace ashlar::trust
