// read_lock: what is read and written again reads as the same.
#include <nlohmann/json.hpp>

#include "fuzz.h"
#include "plan/lock.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto lock = ashlar::plan::read_lock(fuzz::text(data, size), "x.lock.json");
  if (!lock) return 0;
  const std::string written = ashlar::to_pretty(ashlar::plan::to_json(*lock));
  const auto again = ashlar::plan::read_lock(written, "y.lock.json");
  fuzz::must(again.has_value(), "a lock that was written can be read");
  fuzz::must(ashlar::to_pretty(ashlar::plan::to_json(*again)) == written, "a lock reads as it was written");
  return 0;
}
