#pragma once
// Package archives: what is configured, what they publish now, and their packages, all verified.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "deb/access.h"
#include "deb/package.h"
#include "deb/release.h"
#include "host/blobs.h"
#include "host/machine.h"

namespace ashlar::deb {

/// One suite of an archive. Written down in locks by `name` and `suite`; where it is fetched from is this machine's business.
struct Archive {
  std::string name;                     ///< `debian`, `debian-security`, or host and path of a third-party repository
  std::string suite;                    ///< `trixie`, `trixie-updates`, `trixie-security`; ends in a slash where the repository has no dists/ (flat)
  std::vector<std::string> components;  ///< `main`; none where the repository is flat
  std::vector<std::string> mirrors;     ///< URLs without a trailing slash, tried in order; http:, https: or file:
  std::vector<host::Path> keyrings;     ///< OpenPGP keyrings or certificates; any key in them may sign
  bool security = false;                ///< its versions win over equal ones elsewhere and `--security-only` looks at it
  std::vector<std::string> signers;     ///< fingerprints; not empty: only these keys of the keyrings may sign
  std::vector<std::string> architectures;  ///< not empty: it is read for these only
};

/// What archives publish at one moment for some architectures.
struct Index {
  struct Entry {
    Archive archive;
    Release release;
  };
  std::vector<Entry> archives;    ///< those that have packages of the architecture
  std::vector<Package> packages;  ///< of every archive and component, architecture `all` and the asked ones; `Package::archive` counts in `archives`
  std::vector<std::unique_ptr<char[]>> texts;  ///< what `packages` look into
};

struct FetchOptions {
  bool offline = false;               ///< only what the cache holds; Unavailable names what lacks
  bool check_valid_until = true;
  int parallel = 8;
  int attempts = 3;
  int first_pause_ms = 250;           ///< between attempts, doubled each time
  Access access;                      ///< logins and proxies
};

/// Reads archives through a cache folder (safe to delete) and a state folder (the newest Release seen of each suite, never older again).
class ArchiveReader {
 public:
  ArchiveReader(host::Machine& machine, host::Path cache, host::Path state, FetchOptions options, Progress& progress);
  ~ArchiveReader();
  ArchiveReader(ArchiveReader&&) noexcept;
  /// The indexes of all `archives` for `architecture` (dpkg's name), verified from the signature down: wrong key, expired, replayed, truncated or
  /// mismatching files are Corrupt or Denied with the archive named.
  Result<Index> refresh(const std::vector<Archive>& archives, const std::string& architecture);
  /// Sees that the cache holds every package, by digest; downloads in parallel what lacks. `archives` are searched for the name and suite.
  struct Wanted {
    std::string archive, suite, path, sha256;
    std::uint64_t size = 0;
  };
  Done fetch(const std::vector<Wanted>& wanted, const std::vector<Archive>& archives);
  /// The same for files from anywhere.
  struct WantedFile {
    std::string url, sha256;
    std::uint64_t size = 0;  ///< 0: not known
  };
  Done fetch_files(const std::vector<WantedFile>& wanted);
  /// The cache of packages and files, by their SHA-256.
  host::Blobs& packages();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ashlar::deb
