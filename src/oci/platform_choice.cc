#include "oci/platform_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ashlar::oci {

Result<std::vector<Descriptor>> manifests_of(ImageReader& image) {
  Descriptor root = image.root();
  if (!is_index(root.media_type)) return std::vector<Descriptor>{std::move(root)};
  TRY_ASSIGN(const std::string text, image.manifest(root.digest));
  TRY_ASSIGN(auto index, read_index(text));
  return std::move(index.manifests);
}

Result<std::optional<PlatformImage>> read_platform(ImageReader& image, const Descriptor& descriptor) {
  if (descriptor.platform && descriptor.platform->os == "unknown") return std::nullopt;
  TRY_ASSIGN(const std::string text, image.manifest(descriptor.digest));
  TRY_ASSIGN(auto manifest, read_manifest(text));
  TRY_ASSIGN(const std::string config_text, image.blob(manifest.config.digest));
  TRY_ASSIGN(auto config, read_config(config_text));
  const Platform platform = descriptor.platform ? *descriptor.platform : config.platform;
  return PlatformImage{platform, descriptor, std::move(manifest), std::move(config)};
}

Result<std::vector<PlatformImage>> platforms(ImageReader& image) {
  std::vector<PlatformImage> out;
  TRY_ASSIGN(const auto manifests, manifests_of(image));
  for (const Descriptor& descriptor : manifests) {
    TRY_ASSIGN(auto read, read_platform(image, descriptor));
    if (read) out.push_back(std::move(*read));
  }
  if (out.empty()) return cannot(Kind::NotFound, fmt::format("read index '{}'", image.root().digest.str()), "it names no image");
  return out;
}

Result<PlatformImage> choose_platform(ImageReader& image, std::string_view platform_text, std::string_view ref) {
  std::optional<Platform> wanted;
  if (!platform_text.empty()) {
    TRY_ASSIGN(wanted, Platform::parse(platform_text));
  }
  std::vector<std::string> have;
  TRY_ASSIGN(const auto manifests, manifests_of(image));
  for (const Descriptor& descriptor : manifests) {
    if (wanted && descriptor.platform && *descriptor.platform != *wanted) {
      if (descriptor.platform->os != "unknown") have.push_back(descriptor.platform->str());
      continue;
    }
    TRY_ASSIGN(auto read, read_platform(image, descriptor));
    if (!read) continue;
    if (!wanted || read->platform == *wanted) return std::move(*read);
    have.push_back(read->platform.str());
  }
  if (have.empty()) return cannot(Kind::NotFound, fmt::format("read index '{}'", image.root().digest.str()), "it names no image");
  return cannot(Kind::NotFound, fmt::format("read '{}'", ref), fmt::format("it has no image for {}; it has {}", wanted->str(), fmt::join(have, ", ")));
}

}  // namespace ashlar::oci
