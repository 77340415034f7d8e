#pragma once
// Whose process this is, as people call them.
#include <string>

#include "host/machine.h"

namespace ashlar::host {

/// `$USER`, `$LOGNAME`, or what the machine's accounts call the user of this process; `uid 1000` where nobody has a name for it.
std::string user_name(const Machine& machine);

}  // namespace ashlar::host
