#pragma once
// An application's layers, put onto another base where bytes tell that it is safe (docs/rebasing.md).
#include <optional>
#include <string>
#include <vector>

#include "oci/ref.h"
#include "pipeline/workshop.h"
#include "prove/rebase.h"

namespace ashlar::pipeline {

struct RebaseOptions {
  std::string platform{};  ///< of images for several that one alone; NotFound where one of the three lacks it; empty: all that the image is for
  std::string from{};      ///< the base that it was made on; empty: looked for by the layers' digests, among what the image declares and all that lies where the new base does
};

struct Rebased {
  Digest image = Digest::from({}), onto = Digest::from({});  ///< manifests of the platform: before, and of the new base
  oci::Platform platform{};
  std::string from{};                    ///< the base that was found; empty: none was
  size_t layers = 0, own_layers = 0;     ///< of that base, and of the application
  prove::RebaseAnswer answer{};
  std::vector<std::string> kept{};       ///< settings that both changed
  std::optional<Digest> rebased{};       ///< the new manifest, which lies at the place and its tag; nothing was written where it lacks
  std::vector<Rebased> each{};           ///< of an image for several platforms, each of them: `image`, `onto` and `rebased` of the whole are indexes then, and it has no `platform`
};

/// Puts the application's layers of `image` onto `onto`, and writes the result to `to`: a registry or layout, with a tag. Where that is not provably safe
/// on one of its platforms nothing is written, and the answer says why not, line by line.
Result<Rebased> rebase(Workshop& workshop, const std::string& image, const std::string& onto, const oci::ImageRef& to, const RebaseOptions& options);

}  // namespace ashlar::pipeline
