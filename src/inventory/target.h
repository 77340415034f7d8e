#pragma once
// Whatever a verb is pointed at, opened in one way.
#include <memory>
#include <optional>
#include <string_view>

#include "host/machine.h"
#include "inventory/reading.h"

namespace ashlar::inventory {

/// One platform of an image, or a root file system.
struct Target {
  oci::ImageRef ref;
  host::Files& files;
  std::unique_ptr<oci::ImageReader> image;   ///< null: a root file system at `ref.location`
  oci::PlatformImage which{};                ///< of an image
  std::vector<std::string> others{};         ///< platforms of the image that were not asked for
};

/// Opens `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]`, `docker-archive:FILE[:TAG]`, `[docker://]HOST/REPO[:TAG][@DIGEST]` or `dir:PATH`. `machine` is borrowed. Of an image for several platforms the one that `platform` (`linux/arm64`) says, or the first
/// where it is empty; NotFound names those there are.
Result<Target> open_target(host::Machine& machine, std::string_view ref, std::string_view platform = {});
Result<Contents> read_contents(Target& target, const ReadOptions& options = {});

}  // namespace ashlar::inventory
