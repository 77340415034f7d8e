#pragma once
// What is promised for an image, as a predicate on it: `https://ashlar.dev/attestation/support/v1` (docs/formats/statements.md).
#include <cstdint>
#include <optional>
#include <string>

#include "attest/predicate.h"
#include "base/time.h"

namespace ashlar::attest {

struct SupportSaid {
  std::string image{};                    ///< repository
  std::optional<Time> from{}, until{};    ///< none: not said
  std::int64_t rebuilt_at_latest = 0;     ///< seconds between two publications; 0: no cadence is promised
  std::string sla{};                      ///< by which agreement it is patched: a preset's name, or what a policy calls its source; empty: none is promised
  friend bool operator==(const SupportSaid&, const SupportSaid&) = default;
};

/// The same values give the same bytes; no moment of its own stands in it.
Predicate support(const SupportSaid& said);
/// Reads one; Invalid where it has not the form.
Result<SupportSaid> read_support(const Json& predicate);

}  // namespace ashlar::attest
