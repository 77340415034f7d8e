#pragma once
// The queue of messages of this machine's state, and the targets that the configuration names.
#include <string>
#include <vector>

#include "forge/outbox.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

/// `outbox.db` in the folder of state.
Result<forge::Outbox> open_outbox(Workshop& workshop);

/// A pass over the queue with every target of the configuration that can be opened; those that cannot stand among the holds, with why.
Result<forge::Delivery> deliver_messages(Workshop& workshop, forge::Outbox& outbox);

}  // namespace ashlar::pipeline
