#pragma once
// A folder with everything below it, as a root file system.
#include <vector>

#include "base/tar.h"
#include "host/files.h"

namespace ashlar::host {

/// Every node below `folder`, sorted by path, with paths relative to it; no symlink is followed, and folders on which something else is mounted are
/// listed without what lies in them. Of several names of one file the first is Regular and the others are HardLinks to it. Sockets are left out.
Result<std::vector<TarEntry>> list_tree(const Path& folder);

}  // namespace ashlar::host
