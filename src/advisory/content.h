#pragma once
// The digest over all bytes of a database, which stands in the database itself (docs/formats/database.md, "Whether it is whole"): what tells that a bit of it
// was flipped.
#include <string_view>

#include "host/files.h"

namespace ashlar::advisory {

/// The row of `meta`, and what its value is while the file is written: as long as a digest, and what stands in its place while the digest is taken.
inline constexpr std::string_view content_key = "content", content_unknown = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// Copies a draft to `target`, which appears in one step, with the digest in its place.
Done seal_content(host::Files& files, const host::Path& draft, const host::Path& target);

/// Whether the bytes of a database are those that were sealed, which takes reading all of them: SQLite itself looks at what it reads, and at how that hangs
/// together. Corrupt where they are not, and where no digest stands in them. `path` is for errors.
Done check_content(const host::ReadFile& file, const host::Path& path);

}  // namespace ashlar::advisory
