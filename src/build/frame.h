#pragma once
// Frames: what one package puts into a layer, as a run of compressed tar members kept by content, so that it is unpacked and packed once
// (docs/formats/frame.md).
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/progress.h"
#include "base/tar.h"
#include "deb/deb_file.h"
#include "host/blobs.h"
#include "plan/lock.h"

namespace ashlar::build {

/// One path that a package ships and that its frame holds, or (Directory) that the tree needs.
struct FrameEntry {
  TarEntry entry;              ///< path without a leading slash
  std::uint64_t offset = 0;    ///< of the content in the frame's uncompressed bytes
  std::optional<Digest> content;  ///< of regular files
  std::string soname;          ///< of shared libraries: DT_SONAME
  bool elf = false;
  std::string interpreter;     ///< of scripts: the first word after `#!`; of programs: PT_INTERP
};
/// One gzip member or zstd frame.
struct FrameMember { std::uint64_t raw_size = 0, packed_size = 0; };

struct Frame {
  Digest blob;                 ///< the compressed run, in the frame cache
  std::uint64_t raw_size = 0, packed_size = 0;
  std::vector<FrameMember> members;
  std::vector<FrameEntry> entries;   ///< in the order of the tar stream; directories are listed here and are not in the run
  deb::ControlFiles control;
};

/// Which paths of a package go in; decided before its bytes are read.
struct Keep {
  std::vector<std::string> include, exclude;  ///< globs; no include: everything
  bool documentation = false;                 ///< usr/share/doc beyond copyright, man, info, locale, lintian, ...
};

}  // namespace ashlar::build
