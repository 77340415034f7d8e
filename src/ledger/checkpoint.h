#pragma once
// A checkpoint: how many events there are and their chain, signed. Whoever has one sees whether anything before it was changed or cut off (docs/formats/ledger.md).
#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"
#include "base/time.h"
#include "trust/dsse.h"

namespace ashlar::ledger {

struct Checkpoint {
  std::uint64_t size = 0;           ///< events
  Digest chain = Digest::from({});  ///< of the last of them
  Time at{};                        ///< when it was signed, by its signer's word
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

inline constexpr std::string_view checkpoint_type = "https://ashlar.dev/ledger-checkpoint/v1";

/// An in-toto statement in one line: its subject `ledger` has the chain as its digest, its predicate the rest.
std::string to_statement(const Checkpoint& checkpoint);
/// The statement in a DSSE envelope, as compact JSON.
Result<std::string> sign(const Checkpoint& checkpoint, const trust::PrivateKey& key);

struct SignedCheckpoint {
  Checkpoint checkpoint{};
  trust::Envelope envelope{};
};
/// Reads an envelope; whose signature it has is not asked. Corrupt for anything that is none.
Result<SignedCheckpoint> read_checkpoint(std::string_view envelope, std::string_view path);

}  // namespace ashlar::ledger
