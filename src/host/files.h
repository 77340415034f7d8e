#pragma once
// Files of the machine, behind a seam that tests can stand in for.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace ashlar::host {

using Path = std::filesystem::path;

enum class NodeType { Regular, Directory, Symlink, Other };

struct FileStat {
  NodeType type = NodeType::Other;
  std::uint64_t size = 0;
  std::uint32_t mode = 0;
  Time modified;
};

/// An open file to read from, at any offset and from several threads at once.
class ReadFile {
 public:
  virtual ~ReadFile() = default;
  virtual std::uint64_t size() const = 0;
  /// As many bytes as there are from `offset` on, at most `out.size()`.
  virtual Result<size_t> read_at(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;
};

/// What a power cut may do to a file that was just written. A crash of the program, even by kill -9, never leaves a part of one.
enum class Durability {
  Disk,   ///< the bytes are on disk before the name is: whole or absent after a power cut. Costs a wait for the disk (some ms)
  Cache,  ///< a power cut may leave it short: only for what its reader checks (size and digest) and can make again
};

/// A file being written: nobody sees it under its name before commit(); dropped without one, it leaves nothing behind.
class Draft : public Sink {
 public:
  /// Makes the file visible under `target`, replacing what was there in one step. Its permissions are 0644 whatever the umask.
  virtual Done commit(const Path& target, Durability durability = Durability::Disk) = 0;
};

/// Bytes put aside that memory would be too small for: a file without a name, gone with whoever holds it.
class Spool : public Sink {
 public:
  /// What was written, to be read; nothing may be written after.
  virtual Result<std::unique_ptr<ReadFile>> finish() = 0;
};

/// Held while it lives; other processes wait.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

class Files {
 public:
  virtual ~Files() = default;
  virtual Result<std::string> read(const Path& path) = 0;  ///< whole; Invalid over 1 GiB
  virtual Result<std::unique_ptr<ReadFile>> open(const Path& path) = 0;
  /// Replaces or makes the file in one step.
  virtual Done write(const Path& path, std::string_view content, Durability durability = Durability::Disk) = 0;
  /// A draft in the folder that will hold the file (which is made where it lacks).
  virtual Result<std::unique_ptr<Draft>> draft(const Path& folder) = 0;
  /// In the folder for temporary files.
  virtual Result<std::unique_ptr<Spool>> spool() = 0;
  virtual Result<FileStat> stat(const Path& path) = 0;                  ///< of what a symlink points to
  /// The path with every symlink in it followed; NotFound when something on the way is not there.
  virtual Result<Path> canonical(const Path& path) = 0;
  virtual bool exists(const Path& path) = 0;
  virtual Result<std::vector<std::string>> list(const Path& folder) = 0;  ///< names, sorted
  virtual Done make_folders(const Path& folder) = 0;  ///< those that lack get 0755 whatever the umask
  virtual Done remove(const Path& path) = 0;       ///< a file; no error when there is none
  virtual Done remove_tree(const Path& path) = 0;  ///< never follows symlinks, opens folders that are shut; no error when there is none
  virtual Done link_or_copy(const Path& from, const Path& to) = 0;  ///< cheapest way to the same bytes: reflink, copy; replaces in one step
  virtual Done touch(const Path& path) = 0;        ///< modified now: a cache entry was used
  /// Waits for the advisory lock on `path` (made where it lacks; whoever holds it may remove it).
  virtual Result<std::unique_ptr<FileLock>> lock(const Path& path) = 0;
};

/// The real machine's files.
std::unique_ptr<Files> machine_files();

/// A Source over an open file, from the front; shares ownership so that it outlives its opener. `hash_out` of the caller stays the caller's.
std::unique_ptr<Source> stream(std::unique_ptr<ReadFile> file);

}  // namespace ashlar::host
