#pragma once
// An image's files on disk, for a container to run in.
#include <string>
#include <vector>

#include "host/machine.h"
#include "host/user_namespace.h"
#include "inventory/contents.h"
#include "oci/layout.h"

namespace ashlar::prove {

using host::IdMaps;
using host::IdRange;

/// Runs a program that handles files of a container's users: for root as it is, else as root of a user namespace with `maps`. That it does not end well is the error.
Done run_as_their_root(host::Machine& machine, const IdMaps& maps, std::vector<std::string> argv, const std::string& what);

/// Writes what an image holds as one archive: folders first, each path once, hard links kept, set-id bits taken off, devices left out, and `places`
/// (absolute) made as folders where they lack. Nothing in it leads out of the folder that it is unpacked in: Corrupt when a path climbs, or lies below
/// what is no folder.
Done write_root(oci::ImageReader& image, const inventory::Contents& contents, const std::vector<std::string>& places, Sink& to);

/// The image's root below `folder`, by digest; unpacked when it is not there. Other processes wait for the one that does. Beside it the file
/// `complete` holds how many bytes its files have, and is touched at each use.
Result<host::Path> unpacked_root(host::Machine& machine, const host::Path& folder, oci::ImageReader& image, const inventory::Contents& contents, const IdMaps& maps);

/// A root like `root` (its files are hard links) at `to`, with `files` in place of what was there.
struct PlacedFile {
  std::string path, content;
  std::uint32_t uid = 0, gid = 0, mode = 0444;
};
Done extend_root(host::Machine& machine, const inventory::Contents& contents, const host::Path& root, const std::vector<PlacedFile>& files, const IdMaps& maps,
                 const host::Path& to);

/// The path with every symlink on the way followed inside the image, the last name but kept as it is; Invalid when that has no end.
Result<std::string> place_in(const inventory::Contents& contents, const std::string& path);

}  // namespace ashlar::prove
