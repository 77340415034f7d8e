#pragma once
// Release files: fetched when they are newer, believed when they are signed, fresh and no replay, kept for the time offline.
#include <map>
#include <mutex>
#include <string>

#include "deb/archive.h"

namespace ashlar::deb {

std::string title(const Archive& archive);      ///< `debian trixie`
std::string folder_of(const Archive& archive);  ///< of its Release file below a mirror: `dists/trixie/`
inline bool is_flat(const Archive& archive) { return archive.suite.ends_with('/'); }

class ReleaseKeeper {
 public:
  /// `cache` and `state`: folders of its own, `machine` and `progress` borrowed.
  ReleaseKeeper(host::Machine& machine, host::Path cache, host::Path state, const FetchOptions& options, Progress& progress)
      : machine_(machine), cache_(std::move(cache)), state_(std::move(state)), options_(options), progress_(progress) {}

  /// A Release that was checked, and what to keep when the rest of the archive proves right.
  struct Checked {
    Release release;
    std::string document, url, etag, modified;
    bool known = false;  ///< it came from the cache, or the server says that it has not changed
  };
  /// From one mirror. What this keeper has accepted already is taken again unless `anew`; so all architectures see one state of the archive.
  Result<Checked> from_mirror(const Archive& archive, const std::string& mirror, bool anew);
  /// The last one accepted, from the cache; its end of validity is only noted.
  Result<Checked> from_cache(const Archive& archive);
  /// Keeps it for later, and as the oldest that will be believed from now on.
  Done accept(const Archive& archive, const Checked& checked);

 private:
  Result<Checked> check(const Archive& archive, std::string document, bool must_be_valid) const;
  Done check_replay(const Archive& archive, const Release& release) const;

  host::Machine& machine_;
  host::Path cache_, state_;
  const FetchOptions& options_;
  Progress& progress_;
  std::mutex mutex_;
  std::map<std::string, Checked> accepted_;  ///< by key and mirror
};

}  // namespace ashlar::deb
