#pragma once
// Whether a file on disk still has the bytes that its name promises.
#include "base/digest.h"
#include "host/files.h"

namespace ashlar::host {

/// Whether the file's bytes have this digest, which takes reading them; where this process has found that before, and the file is the very one, unchanged since (device, inode, size and both times of
/// change, the last of which no program can set), they are not read again. False where they cannot be read. From any number of threads.
bool has_digest(const ReadFile& file, const Digest& digest);

}  // namespace ashlar::host
