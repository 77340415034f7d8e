#pragma once
// What tells a file's state from every other.
#include <array>
#include <cstdint>
#include <optional>

#include "host/files.h"

namespace ashlar::host {

/// Device, inode, size, and the times of the last change of its bytes and of its state.
using FileVersion = std::array<std::int64_t, 7>;

/// Nothing where it is no file on a disk of this machine whose times are counted in nanoseconds (ext4, XFS, Btrfs, tmpfs, overlays), or was changed so lately that a further change could bear the same times.
std::optional<FileVersion> version_of(const ReadFile& file);

}  // namespace ashlar::host
