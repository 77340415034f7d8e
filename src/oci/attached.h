#pragma once
// What others attached to an image: statements about it, signed or not. Nothing of it is checked here.
#include <map>
#include <string>
#include <vector>

#include "oci/layout.h"

namespace ashlar::oci {

/// What cosign appends to `sha256-HEX` for the tags of signatures, attestations and SBOMs.
inline constexpr const char* cosign_suffixes[] = {".sig", ".att", ".sbom"};
/// The tag under which referrers are listed where a registry has no API for it (distribution-spec, "Referrers Tag Schema").
std::string fallback_tag(const Digest& subject);

struct Attached {
  /// How it was found: under a tag made of the subject's digest (cosign), because its manifest names the subject, or as an entry of the image's index.
  enum class Way : unsigned char { Tag, Referrer, Index };
  Way way = Way::Referrer;
  Digest manifest = Digest::from({});  ///< of the artifact that holds it
  Digest subject = Digest::from({});   ///< the manifest or index that it is attached to
  std::string tag{};                   ///< of Way::Tag
  std::string artifact_type{};         ///< what its manifest says that it is, or empty
  std::string media_type{};            ///< of the content
  std::map<std::string, std::string> annotations{};  ///< of the content, and those of the manifest that it has not
  std::string content{};               ///< verified against its digest
};

struct Attachments {
  std::vector<Attached> contents{};
  std::vector<std::string> unread{};  ///< what is or may be attached and is none of the contents, with why; a line each, at most ten
};

/// Contents of the artifacts that refer to the image or to the index that it is of: manifests whose `subject` it is (image-spec 1.1), those under cosign's
/// tags `sha256-HEX.sig` and `.att`, and BuildKit's entries of the image's index (annotation `vnd.docker.reference.digest`). Contents over 16 MiB, artifacts
/// beyond 1000, and what cannot be read are passed over, for who attaches something must not stop a scan, and named in `unread`.
Attachments attached(ImageReader& image, const Descriptor& manifest);
/// Those that are attached to this manifest or index itself alone.
Attachments attached_to(ImageReader& image, const Digest& subject);

}  // namespace ashlar::oci
