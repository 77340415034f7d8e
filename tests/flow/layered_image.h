#pragma once
// Images that share layers, as builders make them: each layer given by its files.
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "inventory/sample_image.h"
#include "stage.h"

namespace ashlar::flow {

using Layer = inventory::Members;

/// One platform's image.
struct Layered {
  std::vector<Layer> layers{};
  std::string platform = "linux/amd64";
  std::map<std::string, std::string> labels{}, annotations{};
  std::string created = "2026-09-01T00:00:00Z";
  std::optional<std::vector<Layer>> told{};  ///< layers that its configuration tells of in the place of its own
};

/// Puts an image under `tag`: of one platform as a manifest, of several as an index.
inline void put_image(const Stage& stage, const std::string& layout, const std::string& tag, const std::vector<Layered>& platforms) {
  const auto files = host::machine_files();
  auto writer = oci::LayoutWriter::open(*files, stage.folder() / layout);
  ASSERT_TRUE(writer) << writer.error().message;
  oci::ImageIndex index;
  for (const Layered& each : platforms) {
    oci::Manifest manifest;
    manifest.annotations = each.annotations;
    oci::Config config;
    config.platform = oci::Platform::parse(each.platform).value();
    config.created = each.created, config.user = "65532", config.labels = each.labels;
    config.cmd = {"/app/main"};
    for (const Layer& layer : each.layers) {
      const Bytes tar = inventory::tar_of(layer);
      manifest.layers.push_back(*writer->put(oci::media::layer_tar, as_text(tar)));
      if (!each.told) config.diff_ids.push_back(Digest::of(tar));
    }
    if (each.told) {
      for (const Layer& layer : *each.told) config.diff_ids.push_back(Digest::of(inventory::tar_of(layer)));
    }
    manifest.config = *writer->put(oci::media::config, oci::to_text(config));
    index.manifests.push_back(*writer->put(oci::media::manifest, oci::to_text(manifest)));
    index.manifests.back().platform = config.platform;
  }
  auto root = platforms.size() == 1 ? index.manifests.front() : *writer->put(oci::media::index, oci::to_text(index));
  if (platforms.size() == 1) root.platform.reset();
  ASSERT_TRUE(writer->point(tag, root));
}

}  // namespace ashlar::flow
