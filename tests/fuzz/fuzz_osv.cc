// Records of the OSV schema.
#include "fuzz_feeds.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_twice("osv", fuzz::text(data, size), {});
  return 0;
}
