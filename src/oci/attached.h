#pragma once
// What others attached to an image, where the image lies in a layout: statements about it, signed or not. Nothing of it is checked here.
#include "oci/layout.h"

namespace ashlar::oci {

struct Attached {
  Digest manifest;         ///< of the artifact that holds it
  std::string media_type;  ///< of the content
  std::string content;     ///< verified against its digest
};

/// Contents of the artifacts that refer to the image: manifests whose `subject` it is (image-spec 1.1), those under cosign's tags `sha256-HEX.att`, and
/// BuildKit's entries of the image's index (annotation `vnd.docker.reference.digest`). Contents over 16 MiB, artifacts beyond 1000, and what does not
/// read are passed over: who attaches something must not stop a scan.
std::vector<Attached> attached(ImageReader& image, const Descriptor& manifest);

}  // namespace ashlar::oci
