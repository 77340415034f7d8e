// parse_config: addresses are such, and every fault stands in the text.
#include <algorithm>

#include "fuzz.h"
#include "pipeline/config.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text(data, size));
  const auto config = ashlar::pipeline::parse_config(text, "ashlar.yaml");
  if (!config) {
    const auto lines = 2 + std::ranges::count_if(text, [](char c) { return c == '\n' || c == '\r'; });  // YAML ends lines by either
    for (const auto& fault : config.error().faults) fuzz::must(fault.line >= 1 && fault.line <= lines && fault.column >= 1, "a fault stands in the text");
    fuzz::must(!config.error().faults.empty(), "an error says where");
    return 0;
  }
  for (const auto& [archive, urls] : config->mirrors)
    for (const std::string& url : urls) fuzz::must(url.find("://") != std::string::npos, "a mirror is an address");
  for (const auto& each : config->distributions) fuzz::must(!each.parts.empty(), "a distribution has archives");
  return 0;
}
