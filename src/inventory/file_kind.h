#pragma once
// What a file is by its bytes, as far as it matters to whoever asks what may run: a program, or something that may hold programs.
#include <array>
#include <string>

#include "base/bytes.h"

namespace ashlar::inventory {

enum class FileKind : unsigned char {
  Other,
  Program,  ///< ELF, PE, Mach-O, WebAssembly, Java class, dex
  Archive,  ///< zip and its kin, tar, ar, cpio, cab, rar, 7z, squashfs, whatever gzip, bzip2, xz, lzma, zstd, lz4 or lzip packed; a script with packed bytes behind it
};

constexpr size_t kind_front = 512;  ///< bytes that kind_of() looks at
/// By the first bytes: at most `kind_front`, or all there are.
FileKind kind_of(BytesView front);

/// Sees the bytes of one file pass. What begins as a script and has bytes that no text has, and what ends as a zip archive does, is an archive.
class KindFinder {
 public:
  void more(BytesView bytes);
  FileKind finish() const;

 private:
  std::string front_;            ///< where the first piece is shorter than `kind_front`
  FileKind kind_ = FileKind::Other;
  bool begun_ = false, known_ = false, script_ = false, packed_ = false;
  std::array<std::uint8_t, 22> tail_{};  ///< the last bytes, the newest last
};

}  // namespace ashlar::inventory
