// dpkg's status, and the parts of distroless images.
#include "fuzz_components.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_as("dpkg", "var/lib/dpkg/status", data, size);
  fuzz::read_as("dpkg", "var/lib/dpkg/status.d/x", data, size);
  return 0;
}
