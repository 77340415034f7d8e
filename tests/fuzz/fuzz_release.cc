// parse_release: every file that it names is found again.
#include "deb/release.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto release = ashlar::deb::parse_release(fuzz::text(data, size), "Release");
  if (!release) return 0;
  for (const auto& file : release->files) {
    fuzz::must(!file.path.empty() && !file.path.starts_with('/'), "paths stay in their folder");
    fuzz::must(release->find(file.path) != nullptr, "a file is found by its path");
  }
  return 0;
}
