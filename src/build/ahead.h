#pragma once
// The packages of several images, packed before any of the images is made.
#include <span>

#include "build/assemble.h"

namespace ashlar::build {

/// An image that assemble() is about to be asked for, with the same arguments.
struct Coming {
  const plan::Definition* definition = nullptr;
  const plan::Lock* lock = nullptr;
  oci::Platform platform;
  const Options* options = nullptr;  ///< `cache` and `threads` are those of all
};

/// Packs what the images take of their packages, each once however many of them take it, the largest first, so that processors do not wait for the last
/// package of each image. Images that are there already take nothing. What fails is left to assemble(), which fails for the same cause.
void pack_ahead(std::span<const Coming> images, const host::Blobs& packages, const oci::LayoutWriter& layout, host::Files& files, Progress& progress);

}  // namespace ashlar::build
