// Wolfi's advisories.
#include "fuzz_feeds.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_twice("wolfi-advisories", fuzz::text(data, size), {});
  return 0;
}
