#pragma once
// Names of images, with the transports people know from skopeo.
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::oci {

enum class Transport { OciLayout, OciArchive, DockerArchive, Registry, Folder };

/// `oci:DIR[:TAG][@DIGEST]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:TAG]`, `docker://HOST/REPO[:TAG][@DIGEST]`, `dir:PATH`; a bare `HOST/REPO:TAG` is docker://.
/// As with skopeo, the first colon ends DIR or FILE, so that neither may hold one; a TAG may (`registry.example/python:3.13` names an image, too).
struct ImageRef {
  Transport transport = Transport::OciLayout;
  std::string location;  ///< a path, or `host/repo`
  std::string tag, digest;
  static Result<ImageRef> parse(std::string_view text);
  std::string str() const;
};

/// A repository's tag (distribution-spec, "Pulling manifests").
bool is_tag(std::string_view text);
/// A name that a layout's index may give an image (image-spec annotations.md, `org.opencontainers.image.ref.name`).
bool is_ref_name(std::string_view text);
/// A repository's name (distribution-spec, "Pulling manifests"): path components between slashes, without host.
bool is_repository(std::string_view text);

}  // namespace ashlar::oci
