#pragma once
// The JSON of a descriptor (image-spec descriptor.md), for those who write manifests.
#include "base/json.h"
#include "oci/image.h"

namespace ashlar::oci {

Json to_json(const Descriptor& descriptor);

}  // namespace ashlar::oci
