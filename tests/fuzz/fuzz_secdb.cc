// The secdb of apk distributions.
#include "fuzz_feeds.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_twice("secdb", fuzz::text(data, size), {});
  return 0;
}
