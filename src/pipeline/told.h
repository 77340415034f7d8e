#pragma once
// What a round of the loop has to say to people: one ticket for each thing that needs one of them, and an event for each thing that happened.
#include <string>
#include <vector>

#include "forge/outbox.h"
#include "ledger/ledger.h"
#include "pipeline/renew.h"

namespace ashlar::pipeline {

/// The tickets that stand open after a round, by key: findings without a fix that could be taken, a renewal that was stopped, what could not be judged or looked
/// at (but for want of an answer, which comes by itself), an end that is near; of a look ahead what the archives propose that would be stopped or breaks something. The same round gives the same messages.
std::vector<forge::Message> tickets_of(const Renewed& renewed);

/// Those to be closed: of images that were looked at, open in the queue, and not among `open`. A look ahead closes those of proposals alone, and nothing else does.
std::vector<forge::Message> closed_of(const Renewed& renewed, const std::vector<forge::Message>& open, const std::vector<forge::Entry>& queue);

/// The builds that are to be started: of applications that could not be put onto what their base is now, once for each such base.
std::vector<forge::Message> builds_of(const Renewed& renewed);

/// An event for each publication and each refusal: its key is of what happened and when, so that none is told twice, whatever becomes of the ledger.
std::vector<forge::Message> events_of(const std::vector<ledger::Entry>& entries);

struct Told {
  size_t put = 0;                 ///< messages that are new in the queue
  forge::Delivery delivery{};
};

/// Puts all of it into the queue of the workshop's targets, and delivers what is due. Nothing where no target is configured. What cannot be delivered now waits.
Result<Told> tell(Workshop& workshop, const Renewed& renewed);

}  // namespace ashlar::pipeline
