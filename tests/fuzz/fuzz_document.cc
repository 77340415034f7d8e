// SPDX and CycloneDX documents, in an image and as the target, and package URLs.
#include "fuzz_components.h"
#include "inventory/document.h"
#include "inventory/purl.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto purl = ashlar::inventory::parse_purl(fuzz::text(data, size));
  fuzz::must(purl ? !purl->type.empty() && !component_of(*purl).name.empty() : !purl.error().message.empty(), "a package URL has a type and a name, or is refused with a cause");
  if (const auto document = ashlar::inventory::read_document(fuzz::text(data, size), "x.json")) {
    for (const auto& each : document->components) fuzz::must(each.path == "x.json" && !each.type.empty(), "a component is the document's");
  }
  fuzz::read_as("sbom", "usr/share/sbom/x.json", data, size);
  return 0;
}
