#pragma once
// The loop over recorded history, on a clock of its own: the decisions of `renew` day by day, beside images that nobody touches (docs/replay.md).
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/event.h"
#include "pipeline/fleet.h"
#include "pipeline/recorded_history.h"
#include "policy/sla.h"

namespace ashlar::pipeline {

/// Minutes of a person's work: assumed, not measured.
struct Effort {
  double ticket = 15;    ///< to answer a finding that no renewal can take a fix for, or an announced end
  double stopped = 60;   ///< to mend a renewal that was stopped
  double rebuild = 45;   ///< to rebuild, test and publish an image by hand
};
/// `ticket=15,stopped=60,rebuild=45`; what it does not name stays as it was.
Result<Effort> parse_effort(std::string_view text, Effort effort = {});

struct ReplayWish {
  Time from{}, to{};                 ///< the first round is at `from`, the last not after `to`
  std::int64_t every = 86400;        ///< seconds from round to round
  std::optional<Fleet> fleet{};      ///< cadence, rollout, support by repository; images that it does not name have none
  policy::SlaRules rules{};
  Effort effort{};
  /// Gets what each round of the loop writes down; empty: nobody asks.
  std::function<Done(std::span<const ledger::Event>, Time now)> record{};
};

/// What scanners say of one or more images; each finding is a vulnerability in a source package of an image.
struct ScanCounts {
  size_t named = 0;                                         ///< advisories that name a source package of it, whatever their status
  size_t unfixed = 0;                                       ///< of them those whose fix is newer than the version there, or that have none
  std::array<size_t, policy::severities.size()> open{};     ///< of them those without a statement or decision, in the order of policy::severities
  size_t all_open() const;
  size_t matters() const;                                   ///< open, and not negligible
  ScanCounts& operator+=(const ScanCounts& other);
  friend bool operator==(const ScanCounts&, const ScanCounts&) = default;
};

/// A round's end.
struct ReplayDay {
  Time now{};
  size_t images = 0;
  ScanCounts loop{}, none{};
  size_t rebuilds = 0, promotions = 0, stopped = 0;  ///< in this round; the first publication of an image is none of them
  size_t tickets = 0, opened = 0;                    ///< that stand open, and that were opened
};

/// One image over the whole time.
struct ReplayImage {
  std::string image;
  ScanCounts first{}, loop{}, none{};  ///< when its first round ended, and when the last did
  double mean_loop = 0, mean_none = 0;  ///< of what matters, over the rounds
  size_t rebuilds = 0, stopped = 0;
};

/// Hours by the model.
struct ReplayEffort {
  size_t tickets = 0, first_tickets = 0, negligible = 0;  ///< opened; those of them on what an image had when it was published first; on negligible findings
  size_t stopped = 0, rebuilds = 0;
  double loop = 0;     ///< tickets and stopped renewals
  double by_hand = 0;  ///< the same tickets, stopped renewals and rebuilds, were they made by a person; without a loop and without that, none
};

struct Replayed {
  Time from{}, to{};
  std::int64_t every = 0;
  size_t facts = 0;                        ///< up to `to`
  std::vector<ReplayDay> days{};
  std::vector<ReplayImage> images{};
  policy::SlaReport loop{}, none{};        ///< as of the last round
  Effort model{};
  ReplayEffort effort{};
  size_t events = 0;                       ///< that the loop wrote down
};

/// Each round takes the facts up to its time, looks at every image, writes down what is new, decides what is due and does it at once: what is due, what is written
/// down and which tickets stand open is decided by what `renew` calls. `none` is what the same images come to that nobody renews. Invalid of a time without rounds
/// or with more than max_rounds, and of a history without an image.
Result<Replayed> replay(const RecordedHistory& history, const ReplayWish& wish);

inline constexpr std::int64_t max_rounds = 100'000;

}  // namespace ashlar::pipeline
