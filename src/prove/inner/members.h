#pragma once
// Archives and compressed files that lie within an image.
#include <cstdint>
#include <functional>
#include <string>

#include "base/bytes.h"

namespace ashlar::prove {

/// What is left to unpack of one file of an image, archives in archives included.
struct Budget {
  std::uint64_t bytes = std::uint64_t{1} << 30;
  size_t members = 200'000;
};

/// Whether a zip archive ends the bytes, whatever stands before it.
bool has_zip_end(BytesView content);
/// Whether the bytes begin or end as an archive or compressed file does: zip (also behind other bytes), tar, cpio, ar, 7z, rpm, gzip, bzip2, xz, lz4, zstd.
bool is_archive(BytesView content);
/// Gives every regular member with its name and content; a file that is merely compressed has one, without a name. Corrupt when the archive is damaged
/// or encrypted, Invalid when the budget does not reach: members before that were given. False when it is none after all.
Result<bool> each_member(BytesView archive, Budget& budget, const std::function<void(const std::string& name, BytesView content)>& visit);

}  // namespace ashlar::prove
