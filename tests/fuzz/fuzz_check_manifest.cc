// check and mend on compose files and Kubernetes manifests.
#include "fuzz_checks.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check(ashlar::workload::FileKind::Kubernetes, fuzz::text(data, size), "pod.yaml");
  fuzz::check(ashlar::workload::FileKind::Compose, fuzz::text(data, size), "compose.yaml");
  return 0;
}
