#include "policy/inner/age.h"

#include <utility>

#include <fmt/format.h>

namespace ashlar::policy {

std::string age_text(std::int64_t seconds) {
  constexpr std::int64_t minute = 60, hour = 3600, day = 86400;
  const auto [unit, word] = seconds >= 2 * day || seconds % day == 0 ? std::pair{day, "day"} : seconds >= 2 * hour || seconds % hour == 0 ? std::pair{hour, "hour"} : std::pair{minute, "minute"};
  return fmt::format("{} {}{}", seconds / unit, word, seconds / unit == 1 ? "" : "s");
}

}  // namespace ashlar::policy
