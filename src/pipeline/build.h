#pragma once
// From a locked definition to an image in a layout or an archive.
#include <optional>
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
  bool run_scripts = false;             ///< record in a sandbox what scripts do that nothing else covers
  bool must_be_locked = false;          ///< no lock that fits: an error
};

struct Built {
  plan::Definition definition;
  plan::Lock lock;
  std::vector<std::string> tags;        ///< all that point at `root`, at least one
  host::Path lock_written;              ///< the lock's file where it was made or changed now, else empty
  oci::Descriptor root;                 ///< a manifest for one platform, an index for several
  std::vector<build::Image> images;     ///< by platform
  bool idle_apt = false;                ///< the image has an apt that nobody told of an archive
  struct Timings { double lock = 0, fetch = 0, unpack = 0, pack = 0, total = 0; } timings;  ///< seconds of wall time
};

/// What was built before something failed, if anything did.
struct Builds {
  std::vector<Built> done;
  std::optional<Error> failed;          ///< of the definition after the last of `done`
};

/// Where `build` can write to: `oci:DIR[:TAG]`, `oci-archive:FILE[:TAG]` or `docker://HOST/REPO[:TAG]`; Invalid names these forms.
Result<oci::ImageRef> parse_target(std::string_view text);

/// Builds definitions into `to`, one after the other; each appears whole under its tags or not at all, an archive with all of them or not at all.
/// Without a tag in `to`, a single definition gets all of its own tags (`latest` where it has none) and several get `<name>-<tag>` for each, `<name>`
/// being the last part of `image`. Conflict, before anything is built, when two definitions would get one tag.
Result<Builds> build(Workshop& workshop, const std::vector<host::Path>& definitions, const oci::ImageRef& to, const BuildOptions& options);

}  // namespace ashlar::pipeline
