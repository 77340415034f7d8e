// Descriptions of feeds.
#include "advisory/description.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = ashlar::advisory::read_description(std::string(fuzz::text(data, size)), "feeds/x.yaml");
  if (!read) return 0;
  fuzz::must(!read->urls.empty() && read->max_age > 0 && ashlar::advisory::format(read->format).has_value(), "a description says where, how and until when");
  return 0;
}
