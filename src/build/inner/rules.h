#pragma once
// What the definition itself lays over the packages: downloaded files and `paths`.
#include "build/assemble.h"
#include "build/inner/tree.h"

namespace ashlar::build {

/// Files from elsewhere, out of the cache.
Done add_downloads(Tree& tree, const plan::Definition& definition, const plan::LockedPlatform& locked, const host::Blobs& blobs);
/// `paths`, in the order of the definition.
Done apply_paths(Tree& tree, const plan::Definition& definition, const std::string& platform, host::Files& files, const host::Path& root);

}  // namespace ashlar::build
