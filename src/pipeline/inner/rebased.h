#pragma once
// An image with the layers, history and configuration of another base, in memory.
#include <string>
#include <vector>

#include "base/json.h"
#include "oci/layout.h"

namespace ashlar::pipeline {

/// What an image of its own layers on another base is made of.
struct RebasedImage {
  oci::PlatformImage which;
  std::string config_text, manifest_text;
  std::vector<std::string> kept{};  ///< settings that both base and application changed, and which stay the application's, in words
};

/// Three texts of configurations (image-spec config.md): of the old base, of the image on it and of the new base. What the image has from the old base becomes what the new one has;
/// what it set itself stays, whatever key it is: of variables, labels, ports and volumes each by itself. A variable that holds the old base's value within it
/// (`PATH=/opt/app/bin:...`) holds the new one's. The later of both moments stands in `created`.
Result<std::string> rebased_config(std::string_view old_base, std::string_view image, std::string_view new_base, size_t layers, std::vector<std::string>& kept);

/// `layers`: how many of the image's are the old base's. `name`: of the new base, for `org.opencontainers.image.base.name`.
Result<RebasedImage> rebased_image(oci::ImageReader& old_reader, const oci::PlatformImage& old_base, oci::ImageReader& image_reader, const oci::PlatformImage& image, oci::ImageReader& new_reader, const oci::PlatformImage& new_base, size_t layers, const std::string& name);

}  // namespace ashlar::pipeline
