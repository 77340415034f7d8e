#pragma once
// One platform of an image.
#include <string_view>

#include "oci/layout.h"

namespace ashlar::oci {

/// The image of `platform` (`linux/arm64`), or the first where that is empty. Of an index that tells the platforms of its manifests only that one's is read.
/// NotFound names those there are; `ref` is the image's name for that.
Result<PlatformImage> choose_platform(ImageReader& image, std::string_view platform, std::string_view ref);

/// A manifest with its configuration; nothing where the index says that it is no image but a statement of BuildKit's.
Result<std::optional<PlatformImage>> read_platform(ImageReader& image, const Descriptor& descriptor);
/// The manifests of an image: those of its index, or the one that it is.
Result<std::vector<Descriptor>> manifests_of(ImageReader& image);

}  // namespace ashlar::oci
