#pragma once
// How old something is, and how that reads.
#include <cstdint>
#include <string>

#include "attest/dated.h"

namespace ashlar::policy {

using attest::is_to_come;
inline std::int64_t age_of(Time time, Time now) { return time < now ? now.seconds - time.seconds : 0; }
/// `30 days`, `36 hours`, of seconds.
std::string age_text(std::int64_t seconds);

}  // namespace ashlar::policy
