#pragma once
// From a locked definition to an image in a layout or an archive.
#include <string>
#include <vector>

#include "build/assemble.h"
#include "oci/ref.h"
#include "pipeline/lock.h"

namespace ashlar::pipeline {

struct BuildOptions {
  LockOptions lock;                     ///< how a lock that lacks is made
  std::vector<std::string> platforms;   ///< empty: those of the lock
  std::string image_mirror;             ///< where apt in a `-dev` image looks
  unsigned threads = 0;
  bool run_scripts = true;
  bool must_be_locked = false;          ///< no lock that fits: an error
};

struct Built {
  plan::Definition definition;
  plan::Lock lock;
  std::string tag;
  oci::Descriptor root;                 ///< a manifest for one platform, an index for several
  std::vector<build::Image> images;     ///< by platform
  struct Timings { double lock = 0, fetch = 0, unpack = 0, pack = 0, total = 0; } timings;  ///< seconds of wall time
};

/// Builds definitions into `to` (`oci:` or `oci-archive:`), one after the other; each appears whole under its tag or not at all. Without a tag in `to`,
/// a single definition gets its own first tag and several get `<name>-<first tag>`.
Result<std::vector<Built>> build(Workshop& workshop, const std::vector<host::Path>& definitions, const oci::ImageRef& to, const BuildOptions& options);

}  // namespace ashlar::pipeline
