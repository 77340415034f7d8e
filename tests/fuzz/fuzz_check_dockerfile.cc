// check and mend on Dockerfiles.
#include "fuzz_checks.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::check(ashlar::workload::FileKind::Dockerfile, fuzz::text(data, size), "Dockerfile");
  return 0;
}
