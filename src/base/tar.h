#pragma once
// tar archives (POSIX.1-2001 pax interchange format, ustar, and GNU's long names), read and written as streams.
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace ashlar {

enum class FileType : std::uint8_t { Regular, HardLink, Symlink, CharDevice, BlockDevice, Directory, Fifo };

/// The metadata of one member, as the archive has it: names are not judged here.
struct TarEntry {
  std::string path;
  FileType type = FileType::Regular;
  std::uint32_t mode = 0;  ///< permission bits, set-id and sticky: 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime = 0;  ///< seconds since the epoch
  std::uint64_t size = 0;  ///< bytes of content that follow; 0 for all but Regular
  std::string link;        ///< target of a HardLink or Symlink
  std::uint32_t device_major = 0, device_minor = 0;
  std::map<std::string, std::string> xattrs;  ///< name without `SCHILY.xattr.`, to value (may hold any byte)
};

/// Reads members one after the other. Sparse files, unknown types and archives without an end marker are Corrupt.
class TarReader {
 public:
  explicit TarReader(Source& from);  // borrowed
  /// The next member, or nothing after the last. What the caller did not read of the member before is skipped.
  Result<std::optional<TarEntry>> next();
  /// Content of the present member; 0 at its end.
  Result<size_t> read(std::span<std::uint8_t> out);

 private:
  Source& from_;
  std::uint64_t left_ = 0;     ///< content of the present member
  std::uint32_t padding_ = 0;  ///< after it, up to the next block
};

/// Appends the header blocks of `entry` to `out`: ustar where it fits, else a pax header before it (only with the records that need it, in
/// the order of their names; owners by number alone). The content follows, then `tar_padding(size)` zero bytes.
void append_tar_header(Bytes& out, const TarEntry& entry);
constexpr std::size_t tar_padding(std::uint64_t size) { return static_cast<std::size_t>((512 - size % 512) % 512); }
/// Two zero blocks, which end an archive.
constexpr std::size_t tar_end_size = 1024;

}  // namespace ashlar
