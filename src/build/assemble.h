#pragma once
// From a lock to an image: frames, tree, effects, layers.
#include <string>
#include <vector>

#include "base/progress.h"
#include "host/blobs.h"
#include "host/machine.h"
#include "oci/image.h"
#include "oci/layout.h"
#include "plan/definition.h"
#include "plan/lock.h"

namespace ashlar::build {

struct Image {
  struct Layer { oci::Descriptor descriptor; Digest diff_id = Digest::from({}); std::uint64_t raw_size = 0; std::vector<std::string> packages; };
  oci::Platform platform;
  oci::Descriptor manifest;
  std::vector<Layer> layers;
  std::uint64_t content_size = 0;  ///< bytes summed over regular files
  struct Timings { double unpack = 0, pack = 0, total = 0; } timings;  ///< seconds of wall time
};

struct Options {
  host::Path catalog_root;   ///< sources of `paths` are relative to it
  host::Path effects;        ///< folder of declared effects
  host::Path recorded;       ///< `<definition>.effects.json`, read where it is and written where scripts ran
  host::Path cache;          ///< of frames
  unsigned threads = 0;      ///< 0: as many as there are processors
  bool run_scripts = false;  ///< scripts that nothing covers run in a sandbox, and go into `recorded`
  plan::OsRelease release;   ///< what the distribution says of itself, for a definition without `os-release`
  std::string image_mirror;  ///< where apt in a `-dev` image looks; empty: as the definition says
};

/// Assembles one platform of `lock` into `layout`. All packages must lie in `packages` (the .deb cache). The same arguments give the same bytes.
Result<Image> assemble(const plan::Definition& definition, const plan::Lock& lock, const oci::Platform& platform, host::Blobs& packages,
                       oci::LayoutWriter& layout, host::Machine& machine, const Options& options, Progress& progress);

}  // namespace ashlar::build
