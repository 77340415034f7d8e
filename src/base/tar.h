#pragma once
// tar archives (POSIX.1-2001 pax interchange format, ustar, and GNU's long names), read and written as streams.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace ashlar {

enum class FileType : std::uint8_t { Regular, HardLink, Symlink, CharDevice, BlockDevice, Directory, Fifo };

/// The metadata of one member, as the archive has it: names are not judged here.
struct TarEntry {
  std::string path;  ///< not empty, no NUL; a Directory's without the slash at its end (`./` is `.`)
  FileType type = FileType::Regular;
  std::uint32_t mode = 0;  ///< permission bits, set-id and sticky: 07777
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime = 0;  ///< seconds since the epoch
  std::uint64_t size = 0;  ///< bytes of content that follow; 0 for all but Regular
  std::string link{};      ///< target of a HardLink or Symlink
  std::uint32_t device_major = 0, device_minor = 0;
  std::map<std::string, std::string> xattrs{};  ///< name without `SCHILY.xattr.`, to value (may hold any byte)
};

/// Reads members one after the other: POSIX pax (`x` and `g`: path, linkpath, size, mtime, uid, gid, SCHILY.xattr.*), ustar, GNU (`L` and `K`
/// long names, base-256 numbers) and the pre-POSIX form. Sparse files, unknown types, content on anything but a Regular, names over 64 KiB and pax
/// headers over 1 MiB are Corrupt, and so is an archive that ends within a member or its padding, after an extended header, or before anything. The end
/// marker (two zero blocks) may lack or be cut, as writers of layers leave it: the archive then ends with its last member, as GNU tar reads it, and
/// whoever must know that nothing is missing compares a digest. As a Source it gives the present member's content.
class TarReader final : public Source {
 public:
  explicit TarReader(Source& from);  // borrowed; the reader takes from it ahead of what it gives, and past the end marker
  ~TarReader() override;
  TarReader(TarReader&&) noexcept;
  /// The next member, or nothing after the last. What the caller did not read of the member before is skipped.
  Result<std::optional<TarEntry>> next();
  /// Content of the present member, straight into `out` where it is large; 0 at its end.
  Result<size_t> read(std::span<std::uint8_t> out) override;
  /// After the last member: reads the rest of the source, which may hold nothing but at most `limit` zeros, else Corrupt.
  Done finish(std::uint64_t limit = std::uint64_t{1} << 20);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Appends the header blocks of `entry` to `out`: ustar where it fits, else a pax header before it (only with the records that need it, in
/// the order of their names; owners by number alone). A Directory's path gets a slash at its end, and an empty one is `./`. Paths and link targets
/// must hold no NUL. The content follows, then `tar_padding(size)` zero bytes.
void append_tar_header(Bytes& out, const TarEntry& entry);
constexpr std::size_t tar_padding(std::uint64_t size) { return static_cast<std::size_t>((512 - size % 512) % 512); }
/// Two zero blocks, which end an archive.
constexpr std::size_t tar_end_size = 1024;

}  // namespace ashlar
