// What images say of themselves: configs, manifests, indexes, platforms and names.
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "fuzz.h"
#include "oci/image.h"
#include "oci/receipt.h"
#include "oci/ref.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text(data, size);
  (void)ashlar::oci::read_config(text);
  (void)ashlar::oci::read_manifest(text);
  (void)ashlar::oci::read_index(text);
  (void)ashlar::oci::Platform::parse(text);
  if (const auto ref = ashlar::oci::ImageRef::parse(text)) {
    const auto again = ashlar::oci::ImageRef::parse(ref->str());
    fuzz::must(again && again->str() == ref->str(), "a name reads as it is written");
  }
  if (const auto receipt = ashlar::oci::read_receipt(text, "receipt")) {
    const std::string written = ashlar::to_pretty(ashlar::oci::to_json(*receipt));
    const auto again = ashlar::oci::read_receipt(written, "receipt");
    fuzz::must(again && ashlar::to_pretty(ashlar::oci::to_json(*again)) == written, "a receipt reads as it is written");
  }
  return 0;
}
