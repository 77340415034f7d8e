#pragma once
// Progress on a terminal: one line on standard error that is written over, and notes above it.
#include <memory>

#include "base/progress.h"

namespace ashlar::cli {

/// `live`: draw the line of the present stage; else notes alone are printed. `quiet`: alarms alone. `verbose`: details, too.
std::unique_ptr<Progress> terminal_progress(bool live, bool quiet, bool verbose);

}  // namespace ashlar::cli
