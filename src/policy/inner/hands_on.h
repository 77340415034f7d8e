#pragma once
// What people had to do, counted from a ledger (docs/formats/outcomes.md, "The model").
#include <span>

#include "policy/outcomes.h"

namespace ashlar::policy {

struct HandsOn {
  size_t answers = 0;  ///< statements and decisions, each once, however many images they are about
  size_t waiting = 0;  ///< findings of an image that need a person, had no fix on record when they were seen, and no answer since
  size_t stopped = 0;  ///< renewals that were stopped or whose tests failed
  size_t other = 0;    ///< pauses and their ends, tags moved back, announced ends
  size_t patches = 0;  ///< publications after an image's first
  size_t steps() const { return answers + waiting + stopped + other; }
  double hours(const WorkModel& model, bool by_hand) const;
};

HandsOn hands_on(std::span<const ledger::Entry> entries);

}  // namespace ashlar::policy
