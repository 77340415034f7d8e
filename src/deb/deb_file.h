#pragma once
// The file of a binary package (deb(5)): an ar archive of debian-binary, control.tar.* and data.tar.*, read once as a stream.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/tar.h"

namespace ashlar::deb {

/// The members of control.tar by name: `control`, `md5sums`, `conffiles`, `postinst`, `triggers`, ... (at most 16 MiB in all).
using ControlFiles = std::map<std::string, std::string>;

/// The members of data.tar, judged: paths are cleaned (`./usr/bin/x` is `usr/bin/x`, the root itself is ``), hard link targets too. Denied are
/// absolute paths, `..`, empty names, line ends in names, names that no file system takes (over 255 bytes, paths over 4095), device nodes, fifos,
/// links that leave the root by `..`, and sums over the limits. Symlink targets stay as written, absolute or relative.
/// Whether a hard link's target exists, and what lies below a symlink, is for whoever holds the tree.
class DataReader final : public Source {
 public:
  DataReader(Source& from, std::string what, std::uint64_t limit);  // borrowed; `limit` for bytes of content in all
  /// The next member, or nothing after the last; what was not read of the one before is skipped.
  Result<std::optional<TarEntry>> next();
  /// Content of the present member; 0 at its end.
  Result<size_t> read(std::span<std::uint8_t> out) override;

 private:
  friend class DebReader;
  Done judge(TarEntry& entry);

  TarReader tar_;
  std::string what_;
  std::uint64_t bytes_left_;
  std::uint64_t entries_ = 0;
  std::uint64_t metadata_ = 0;  ///< bytes of names, links and xattrs so far
  bool ended_ = false;
};

/// Reads a package from a stream: first control(), then data(), then finish(). What data() gives belongs to the reader.
class DebReader {
 public:
  /// `what` names the package in errors.
  DebReader(std::unique_ptr<Source> from, std::string what);
  ~DebReader();
  DebReader(DebReader&&) noexcept;
  /// Control members. Corrupt when the archive is no version 2.x package, its members are not in deb(5)'s order or `control` is missing.
  Result<ControlFiles> control();
  /// The members of data.tar, of at most `limit` bytes in all. Skips control() when that was not called.
  Result<DataReader*> data(std::uint64_t limit = std::uint64_t{8} << 30);
  /// Reads the rest so that the whole file has passed (for whoever hashes the source), members of data.tar that nobody read judged on the way.
  /// Bytes after the end of data.tar or after the last member, and further members of the three names, are Corrupt; others may follow (deb(5)).
  Done finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The judged form of a member's path, or Denied.
Result<std::string> clean_path(std::string_view raw);

}  // namespace ashlar::deb
