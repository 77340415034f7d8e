// Databases of rpm, and the headers in them.
#include "fuzz_components.h"
#include "inventory/inner/rpm_header.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = ashlar::inventory::read_rpm_header({data, size});
  fuzz::must(!header || (!header->name.empty() && header->files.size() <= 1'000'000), "a package has a name and bounded files");
  fuzz::read_as("rpm", "var/lib/rpm/rpmdb.sqlite", data, size);
  return 0;
}
