#pragma once
// Whether a pause counts, whatever clock it is on.
#include <string>

#include "policy/sla.h"

namespace ashlar::policy {

/// Why it does not, by whom it is and what it says; empty: it does, as long as the rules let a pause last.
std::string pause_refused(const SlaRules& rules, const ledger::Event& pause);

}  // namespace ashlar::policy
