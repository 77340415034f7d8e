#include "host/file_digest.h"

#include <map>
#include <mutex>
#include <optional>

#include "host/inner/file_version.h"

namespace ashlar::host {
namespace {

bool bytes_have_digest(const ReadFile& file, const Digest& digest) {
  Hasher hasher;
  Bytes buffer(256 * 1024);
  for (std::uint64_t at = 0;;) {
    const auto count = file.read_at(at, buffer);
    if (!count) return false;
    if (*count == 0) return hasher.finish() == digest;
    hasher.update(BytesView(buffer).first(*count));
    at += *count;
  }
}

/// Versions of files that were found to have their digests, the newest some thousands of them.
class Found {
 public:
  bool contains(const FileVersion& version, const Digest& digest) {
    const std::scoped_lock hold(mutex_);
    const auto found = digests_.find(version);
    return found != digests_.end() && found->second == digest;
  }
  void add(const FileVersion& version, const Digest& digest) {
    const std::scoped_lock hold(mutex_);
    if (digests_.size() >= most) digests_.clear();
    digests_.insert_or_assign(version, digest);
  }

 private:
  static constexpr size_t most = 65536;
  std::mutex mutex_;
  std::map<FileVersion, Digest> digests_;
};

}  // namespace

bool has_digest(const ReadFile& file, const Digest& digest) {
  static Found found;
  const auto version = version_of(file);
  if (version && found.contains(*version, digest)) return true;
  if (!bytes_have_digest(file, digest)) return false;
  if (version && version_of(file) == version) found.add(*version, digest);
  return true;
}

}  // namespace ashlar::host
