#pragma once
// What one platform's image holds once its layers lie on each other: files with digests, and the packages its database names.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/tar.h"
#include "oci/layout.h"

namespace ashlar::inventory {

struct File {
  TarEntry entry;                  ///< path without a leading slash
  std::optional<Digest> content;   ///< of regular files and hard links
  size_t layer = 0;                ///< from 0, the lowest
};

struct InstalledPackage {
  std::string name, version, architecture, source, source_version;
};

struct Contents {
  oci::Platform platform;
  oci::Descriptor manifest;
  oci::Config config;
  std::vector<oci::Descriptor> layers;
  std::map<std::string, File> files;            ///< by path
  std::vector<InstalledPackage> packages;       ///< sorted by name
};

/// Reads every layer once, as a stream; whiteouts (image-spec layer.md, "Whiteouts") take away what lies below. A layer whose bytes do not have its
/// digest is Corrupt.
Result<Contents> read_contents(oci::ImageReader& image, const oci::PlatformImage& which);

}  // namespace ashlar::inventory
