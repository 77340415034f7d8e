#pragma once
// Frames: what one package puts into a layer, as a run of compressed tar members kept by content, so that it is unpacked and packed once
// (docs/formats/frame.md).
#include <cstdint>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/tar.h"
#include "build/inner/crew.h"
#include "deb/deb_file.h"
#include "host/blobs.h"
#include "plan/lock.h"

namespace ashlar::build {

/// One path that a package ships.
struct FrameEntry {
  TarEntry entry;              ///< path without a leading slash, usr-merged
  std::uint64_t offset = 0;    ///< of the content in the frame's uncompressed bytes
  std::string soname;          ///< of shared libraries: DT_SONAME
  bool elf = false;
  bool script = false;         ///< begins with `#!`
};
/// One gzip member or zstd frame.
struct FrameMember {
  std::uint64_t raw_size = 0, packed_size = 0;
};

struct Frame {
  Digest blob = Digest::from({});  ///< the compressed run, in the frame cache
  std::uint64_t raw_size = 0, packed_size = 0;
  std::vector<FrameMember> members;
  std::vector<FrameEntry> entries;  ///< in the order of the tar stream; directories are listed here and are not in the run
  deb::ControlFiles control;
};

/// Which paths of a package go in, and where; decided before its bytes are read.
struct Keep {
  std::vector<std::string> include, exclude;  ///< globs; no include: everything
  std::set<std::string> drop;                 ///< exact paths that something else in the image replaces or removes
  std::map<std::string, std::string> moves;   ///< exact paths that go elsewhere: below a symlink, or in the place of a hard link
  std::set<std::string> also = {};            ///< exact paths besides `include`: what links of the package need
  bool takes(std::string_view path) const;
  bool leaves(std::string_view path) const;   ///< by `exclude` or `drop`, whatever `include` says
};

/// Frames by what they are made of, in a cache folder that any number of processes share.
class FrameStore {
 public:
  FrameStore(host::Files& files, const host::Path& cache) : files_(files), folder_(cache), blobs_(files, cache / "blobs") {}

  /// What a frame is kept by: alike for what gives the same frame.
  static std::string key(const plan::LockedPackage& package, const Keep& keep, const plan::Encoder& encoder);
  /// The frame of a package: from the cache, or made of its .deb in `packages` (NotFound when it is not there, Conflict when it is another package than
  /// the lock names, Corrupt when its bytes or size are others than
  /// the lock's). A cached frame is believed when its record is whole (by its digest) and its blob has the recorded size; every byte of
  /// the blob is checked when a layer is packed of it.
  Result<Frame> get(const plan::LockedPackage& package, const Keep& keep, const plan::Encoder& encoder, const host::Blobs& packages, Crew& crew);

  /// A whole frame's compressed bytes, in order, from a cached blob.
  Result<std::unique_ptr<host::ReadFile>> open(const Frame& frame) const { return blobs_.open(frame.blob); }
  /// Content of one regular file of a frame. Corrupt, and the frame forgotten, when its bytes do not unpack.
  Result<Bytes> content(const Frame& frame, const FrameEntry& entry, const plan::Encoder& encoder) const;
  /// Gives the uncompressed bytes of frames to `raw`, in order, when every byte of their blobs is what was written; else Corrupt, and the frame is
  /// forgotten. The crew unpacks ahead.
  Done check(std::span<const Frame* const> frames, const plan::Encoder& encoder, Crew& crew, Hasher& raw) const;
  /// Drops a frame whose bytes are not what they were, so that it is made again.
  void forget(const Frame& frame) const;
  /// Whether anything was forgotten: what failed may go well when it is tried again.
  bool forgot() const { return forgot_; }

 private:
  Result<Frame> make(const plan::LockedPackage& package, const Keep& keep, const plan::Encoder& encoder, const host::Blobs& packages, Crew& crew,
                     std::set<std::string>& needed);

  /// What content() unpacked last: the small files of a package lie in one member, and are asked for one after the other.
  struct Recent { std::mutex mutex; std::optional<Digest> blob; size_t member = 0; Bytes raw; };
  Done append(const Frame& frame, size_t member, std::uint64_t packed_at, std::uint64_t first, std::uint64_t last, const plan::Encoder& encoder, Bytes& out) const;

  host::Files& files_;
  host::Path folder_;
  mutable host::Blobs blobs_;
  mutable Recent recent_;
  mutable std::atomic<bool> forgot_ = false;
};

}  // namespace ashlar::build
