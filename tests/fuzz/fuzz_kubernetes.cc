// images_of and repin on this kind of YAML.
#include "fuzz_images.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::images(ashlar::workload::FileKind::Kubernetes, fuzz::text(data, size), "pod.yaml");
  return 0;
}
