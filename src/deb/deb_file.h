#pragma once
// The file of a binary package (deb(5)): an ar archive of debian-binary, control.tar.* and data.tar.*, read once as a stream.
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/tar.h"

namespace ashlar::deb {

/// The members of control.tar by name: `control`, `md5sums`, `conffiles`, `postinst`, `triggers`, ... (at most 16 MiB in all).
using ControlFiles = std::map<std::string, std::string>;

/// Reads a package from a stream: first control(), then data(). Both borrow what the reader owns.
class DebReader {
 public:
  /// `what` names the package in errors.
  DebReader(std::unique_ptr<Source> from, std::string what);
  ~DebReader();
  DebReader(DebReader&&) noexcept;
  /// Control members. Corrupt when the archive is no version 2.x package or its members are not in deb(5)'s order.
  Result<ControlFiles> control();
  /// The members of data.tar; paths are cleaned (`./usr/bin/x` is `usr/bin/x`, the root itself is ``) and judged: absolute paths, `..`, empty
  /// names, device nodes and fifos, links that leave the root by `..`, sizes over `limit` bytes in all are Denied.
  Result<TarReader*> data(std::uint64_t limit = std::uint64_t{8} << 30);
  /// Reads the rest so that the whole file has passed (for whoever hashes the source); bytes after the last member are Corrupt.
  Done finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The judged form of a member's path, or Denied.
Result<std::string> clean_path(std::string_view raw);

}  // namespace ashlar::deb
