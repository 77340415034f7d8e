#pragma once
// What of an image is its base, and what another base would change.
#include <span>

#include "oci/image.h"
#include "scan/report.h"

namespace ashlar::scan {

/// How many of an image's layers, from the lowest, are its base's.
struct BaseLayers {
  size_t count = 0;
  std::string how{};  ///< in words: `it is built on 'oci:base'`
};

/// By the layers' digests: those of `base` are the lowest of the image's. Conflict says that they are not, and how many they have in common.
Result<BaseLayers> layers_of_base(const oci::Config& image, const oci::Config& base, std::string_view base_ref);

/// Without a base at hand. An image that names its own files (`ours`) is a base as a whole. Else by the history: each Dockerfile ends a stage with what
/// its container runs (CMD, ENTRYPOINT), so that layers up to the last such line that is followed by other layers are the base's. Else all of them are:
/// a base is judged more strictly than what is built on it.
BaseLayers guess_base(const oci::Config& image, bool ours);

/// Findings that stand, of the image's base against all of another base.
BaseChange change_base(const Report& image, const Report& base);

}  // namespace ashlar::scan
