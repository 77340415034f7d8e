#pragma once
// Archives and compressed files that lie within an image.
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace ashlar::prove {

/// What is left to unpack of one file of an image, archives in archives included.
struct Budget {
  std::uint64_t bytes = std::uint64_t{1} << 30;
  size_t members = 200'000;
};

/// Whether a zip archive ends the bytes, whatever stands before it.
bool has_zip_end(BytesView content);
/// Whether the bytes begin or end as an archive or compressed file does: zip (also behind other bytes), tar, cpio, ar, 7z, rpm, cab, rar, lha, xar, iso 9660,
/// gzip, compress, bzip2, xz, lzma, lzip, lz4, zstd, uuencode. Where the format has a header with a sum or with bits that must be so, that has to be right:
/// no reader takes it else, and a file that has no more than the first bytes is none.
bool is_archive(BytesView content);
/// First bytes of archives that may lie anywhere in another file, each at least four bytes long; begins_archive() says whether one does.
std::span<const std::string_view> archive_texts();
bool begins_archive(BytesView content);
/// What the bytes are where nobody here can look into them though others can (`a squashfs image`); empty where they are none of that.
std::string_view sealed(BytesView content);
/// Gives every regular member with its name and content; a file that is merely compressed has one, without a name. Corrupt when the archive is damaged
/// or encrypted, Invalid when the budget does not reach: members before that were given, and what was read of the last. False when it is none after all.
Result<bool> each_member(BytesView archive, Budget& budget, const std::function<void(const std::string& name, BytesView content)>& visit);

}  // namespace ashlar::prove
