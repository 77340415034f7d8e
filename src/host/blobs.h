#pragma once
// Content by digest: the cache of packages and frames, shared by any number of processes.
#include <memory>
#include <optional>

#include "base/digest.h"
#include "host/files.h"

namespace ashlar::host {

/// A folder `sha256/<2 hex>/<62 hex>`; entries are complete or absent, also after a crash. Storing what is there replaces it, so that a damaged
/// entry is mended; any number of processes may store the same bytes at once.
class Blobs {
 public:
  /// `Durability::Cache` is for entries whose digest is checked whenever they are read: it saves the wait for the disk.
  Blobs(Files& files, Path folder, Durability durability = Durability::Disk)
      : files_(files), folder_(std::move(folder)), durability_(durability) {}  // files: borrowed
  Path path(const Digest& digest) const;
  bool has(const Digest& digest) const;
  /// Opens an entry; NotFound when there is none. The bytes are not hashed again.
  Result<std::unique_ptr<ReadFile>> open(const Digest& digest) const;
  /// Whether an entry still has the bytes that its digest tells, which this reads; NotFound when there is none.
  Result<bool> is_whole(const Digest& digest) const;
  /// Stores everything `from` gives; returns its digest. With `expected`, other bytes are Corrupt and nothing is stored.
  Result<Digest> put(Source& from, const std::optional<Digest>& expected = std::nullopt);
  Result<Digest> put(BytesView bytes);
  /// A draft to write to and commit with commit_as().
  Result<std::unique_ptr<Draft>> draft();
  Done commit_as(Draft& draft, const Digest& digest);
  Done remove(const Digest& digest);

 private:
  Files& files_;
  Path folder_;
  Durability durability_;
};

}  // namespace ashlar::host
