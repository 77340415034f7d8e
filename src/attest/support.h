#pragma once
// What is promised for an image, as a predicate on it: `https://ashlar.dev/attestation/support/v1` (docs/formats/statements.md).
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "attest/predicate.h"
#include "base/time.h"

namespace ashlar::attest {

struct SupportSaid {
  std::string image{};                    ///< repository
  std::optional<Time> from{}, until{};    ///< none: not said
  std::int64_t rebuilt_at_latest = 0;     ///< seconds between two publications; 0: no cadence is promised
  std::string sla{};                      ///< by which agreement it is patched: a preset's name, or what a policy calls its source; empty: none is promised
  std::optional<Time> promised{};         ///< when that was said; none: nobody knows
  std::optional<Time> published{};        ///< when the image was published, or made again and found to be the same: its cadence counts from then
  friend bool operator==(const SupportSaid&, const SupportSaid&) = default;
};

/// The same values give the same bytes.
Predicate support(const SupportSaid& said);
/// Reads one; Invalid where it has not the form.
Result<SupportSaid> read_support(const Json& predicate);

/// By when the image is to have been made again; none: no cadence is promised, or nobody knows from when on it counts.
std::optional<Time> due_again(const SupportSaid& said);

/// One of several promises on the same image.
struct Promise {
  SupportSaid said{};
  std::string party{};               ///< who promises: the same for two by the same
  std::optional<Time> signed_at{};   ///< as a log or an authority tells it that is trusted
};
/// The places of those that rule: of each party the last word of those whose support has begun, or, where none has, its last word. A word is of when it says that it was promised, else of when it was signed, else of
/// before all others; of two of the same time the one that ends first rules. What is dated later than now was not said.
std::vector<size_t> last_words(std::span<const Promise> promises, Time now);

}  // namespace ashlar::attest
