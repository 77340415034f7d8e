#pragma once
// How an image is cut into layers, and how a layer is written: runs of cached frames between a frame of directories and one of generated files.
#include <string>
#include <vector>

#include "build/assemble.h"
#include "build/inner/tree.h"

namespace ashlar::build {

/// What goes into one layer.
struct LayerPlan {
  std::string name;                     ///< for the image's history
  std::vector<size_t> parts;            ///< packages, in the order of names
  std::vector<const Tree::Node*> made;  ///< generated files, in the order of paths
};

/// Packages that many images have in common go below those that few have, so that layers are shared.
std::vector<LayerPlan> plan_layers(const Tree& tree, const std::vector<Part>& parts);

/// Writes a layer into the layout, or finds that it is there. `frames` are those of the parts as they shall be packed. Corrupt when a frame's bytes are
/// others than were written; the store has forgotten it then.
Result<Image::Layer> write_layer(const LayerPlan& plan, const Tree& tree, const std::vector<Part>& parts, const std::vector<Frame>& frames, const FrameStore& store,
                                 const plan::Encoder& encoder, Crew& crew, host::Files& files, const host::Path& cache, oci::LayoutWriter& layout);

}  // namespace ashlar::build
