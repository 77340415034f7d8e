// read_distribution: what is missing is a fault.
#include "deb/distribution.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto document = ashlar::parse_yaml(std::string(fuzz::text(data, size)), "x.yaml");
  if (!document) return 0;
  const auto distribution = ashlar::deb::read_distribution(*document, document->root, "x");
  if (!distribution) {
    fuzz::must(!distribution.error().faults.empty(), "an error says where");
    return 0;
  }
  fuzz::must(!distribution->parts.empty(), "a distribution has archives");
  fuzz::must(document->root.find("id") != nullptr && document->root.find("codename") != nullptr, "a distribution has names");
  return 0;
}
