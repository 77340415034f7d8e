#pragma once
// Who tells of a ledger, acts by it or seals it asks first whether it is what was written.
#include "ledger/ledger.h"

namespace ashlar::ledger {

/// Corrupt where Ledger::verify finds damage, whoever signed, with what to do about it. A pass over all events, half a second for a million (docs/benchmarks.md).
Done require_whole(Ledger& ledger);

}  // namespace ashlar::ledger
