#pragma once
// Names of images, with the transports people know from skopeo.
#include <string>
#include <string_view>

#include "base/result.h"

namespace ashlar::oci {

enum class Transport { OciLayout, OciArchive, DockerArchive, Registry, Folder };

/// `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:TAG]`, `docker://HOST/REPO[:TAG][@DIGEST]`, `dir:PATH`; a bare `HOST/REPO:TAG` is docker://.
struct ImageRef {
  Transport transport = Transport::OciLayout;
  std::string location;  ///< a path, or `host/repo`
  std::string tag, digest;
  static Result<ImageRef> parse(std::string_view text);
  std::string str() const;
};

}  // namespace ashlar::oci
