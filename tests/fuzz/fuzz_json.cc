// parse_json: what is read and written again reads as the same.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = ashlar::parse_json(fuzz::text(data, size), "x.json");
  if (!json) return 0;
  const auto again = ashlar::parse_json(ashlar::to_compact(*json), "y.json");
  fuzz::must(again && *again == *json, "what was written reads as the same");
  fuzz::must(ashlar::parse_json(ashlar::to_pretty(*json), "z.json").value() == *json, "indented, too");
  return 0;
}
