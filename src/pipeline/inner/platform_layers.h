#pragma once
// The layers of an image, platform by platform: what others that are built on it are recognised by.
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "host/machine.h"
#include "oci/layout.h"

namespace ashlar::pipeline {

struct PlatformLayers {
  std::string platform{};
  Digest manifest = Digest::from({});
  std::vector<Digest> diff_ids{};  ///< unpacked, the lowest first
  std::string created{};           ///< as its configuration says; may be empty
};
std::optional<Time> created_of(const PlatformLayers& platform);
struct ImageLayers {
  Digest root = Digest::from({});  ///< of the index, or of the manifest of an image without one
  std::vector<PlatformLayers> platforms{};
};

/// Reads manifests and configurations, of a registry with `attempts` to reach it.
Result<ImageLayers> layers_of(host::Machine& machine, const oci::ImageRef& ref, int attempts = 6);

/// The same of an image that is named by its digest, which is read once: it is kept in the cache.
class KeptImageLayers {
 public:
  explicit KeptImageLayers(host::Machine& machine);
  Result<ImageLayers> of(const oci::ImageRef& ref);

 private:
  std::optional<ImageLayers> find(const host::Path& path, const Digest& root);
  host::Machine& machine_;
  host::Path folder_;              // empty: the machine has no folder for caches
  std::set<std::string> silent_;   // hosts that did not answer: they are not asked again
};

}  // namespace ashlar::pipeline
