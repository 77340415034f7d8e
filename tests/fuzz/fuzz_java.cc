// Jars, nested ones too, and what describes them.
#include "fuzz_components.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::read_as("java", "x.jar", data, size);
  fuzz::read_as("java", "META-INF/maven/g/a/pom.properties", data, size);
  return 0;
}
