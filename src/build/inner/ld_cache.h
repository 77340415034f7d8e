#pragma once
// The loader's cache of shared libraries, as ldconfig(8) writes it (glibc's elf/dl-cache.h, the format `glibc-ld.so.cache1.1`).
#include "build/inner/world.h"

namespace ashlar::build {

/// Writes etc/ld.so.cache over the folders of etc/ld.so.conf and the loader's own, for `architecture` (dpkg's name); nothing where the image has no C
/// library of glibc or its loader's flags for the architecture are not known.
Done write_ld_cache(World& world, const std::string& architecture);

}  // namespace ashlar::build
