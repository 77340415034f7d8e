#pragma once
// Relations as people read them.
#include <string>

#include "plan/inner/stock.h"

namespace ashlar::plan {

/// `libc6 (>= 2.38)`
std::string to_string(const Stock& stock, const Link& link);
/// `default-mta | mail-transport-agent`
std::string to_string(const Stock& stock, Links clause);

}  // namespace ashlar::plan
