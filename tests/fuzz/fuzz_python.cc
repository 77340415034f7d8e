// Python's metadata, records and wheels.
#include "fuzz_components.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_as("python", "s/x-1.dist-info/METADATA", data, size);
  fuzz::read_as("python", "s/x-1.dist-info/RECORD", data, size);
  fuzz::read_as("python", "s/x.whl", data, size);
  return 0;
}
