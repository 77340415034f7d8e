// apk's database of installed packages, as components.
#include "fuzz_components.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_as("apk", "lib/apk/db/installed", data, size);
  return 0;
}
