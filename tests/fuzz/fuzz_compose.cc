// images_of and repin on this kind of YAML.
#include "fuzz_images.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::images(ashlar::workload::FileKind::Compose, fuzz::text(data, size), "compose.yaml");
  return 0;
}
