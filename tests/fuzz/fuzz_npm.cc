// JavaScript's packages, caches and lock files.
#include "fuzz_components.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_as("npm", "node_modules/x/package.json", data, size);
  fuzz::read_as("npm", ".yarn/cache/x.zip", data, size);
  fuzz::read_as("npm", "package-lock.json", data, size);
  fuzz::read_as("npm", "yarn.lock", data, size);
  fuzz::read_as("npm", "pnpm-lock.yaml", data, size);
  return 0;
}
