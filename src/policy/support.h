#pragma once
// What was promised for an image, and whether its history kept it.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/event.h"

namespace ashlar::policy {

/// A support statement: from when until when, how often it is rebuilt at the latest, by which agreement it is patched.
struct Support {
  std::string image{};
  Time from{};
  std::optional<Time> until{};           ///< none: not yet said
  std::int64_t rebuilt_at_latest = 0;    ///< seconds between two promotions; 0: no cadence was promised
  std::string sla{};                     ///< name of a preset, or empty
};

/// A stretch in which the image was not promoted for longer than was promised.
struct CadenceGap {
  Time from{}, to{};
  bool lasts = false;  ///< it ends with `now`: no promotion has ended it
  friend bool operator==(const CadenceGap&, const CadenceGap&) = default;
};

struct Cadence {
  Support support{};
  size_t promotions = 0;              ///< within the time of support, up to `now`
  std::optional<Time> last{};         ///< of them
  std::optional<Time> next_due{};     ///< the next at the latest; none where support has ended or no cadence was promised
  std::vector<CadenceGap> gaps{};     ///< in order of time
  bool kept() const { return gaps.empty(); }
};

/// By the Promoted events of the image, in the order of `at`; those before support begins do not count.
Cadence cadence(std::span<const ledger::Entry> events, const Support& support, Time now);

}  // namespace ashlar::policy
