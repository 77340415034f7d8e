#pragma once
// What others attached to an image: statements about it, signed or not. Nothing of it is checked here.
#include "oci/layout.h"

namespace ashlar::oci {

/// What cosign appends to `sha256-HEX` for the tags of signatures, attestations and SBOMs.
inline constexpr const char* cosign_suffixes[] = {".sig", ".att", ".sbom"};
/// The tag under which referrers are listed where a registry has no API for it (distribution-spec, "Referrers Tag Schema").
std::string fallback_tag(const Digest& subject);

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
