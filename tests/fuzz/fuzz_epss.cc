// FIRST's scores.
#include "fuzz_feeds.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_twice("epss", fuzz::text(data, size), {});
  return 0;
}
