#pragma once
// Package archives: what is configured, what they publish now, and their packages, all verified.
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/time.h"
#include "deb/package.h"
#include "host/blobs.h"
#include "host/machine.h"

namespace ashlar::deb {

/// One suite of an archive. Written down in locks by `name` and `suite`; where it is fetched from is this machine's business.
struct Archive {
  std::string name;                     ///< `debian`, `debian-security`, or what the definition calls a third-party repository
  std::string suite;                    ///< `trixie`, `trixie-updates`, `trixie-security`
  std::vector<std::string> components;  ///< `main`
  std::vector<std::string> mirrors;     ///< URLs without a trailing slash, tried in order; http:, https: or file:
  std::vector<host::Path> keyrings;     ///< OpenPGP keyrings or certificates; any key in them may sign
  bool security = false;                ///< its versions win over equal ones elsewhere and `--security-only` looks at it
};

/// A signed Release file (the fields that matter; wiki.debian.org/DebianRepository/Format).
struct Release {
  std::string origin, label, suite, codename, version;
  Time date;
  std::optional<Time> valid_until;
  std::vector<std::string> architectures, components;
  bool by_hash = false;
  struct File {
    std::string path;
    Digest sha256;
    std::uint64_t size;
  };
  std::vector<File> files;
  Digest digest;       ///< of the signed InRelease file as fetched
  std::string signer;  ///< fingerprint of the key whose signature counted
};
Result<Release> parse_release(std::string_view text, std::string_view path);

/// What archives publish at one moment for some architectures.
struct Index {
  struct Entry {
    Archive archive;
    Release release;
  };
  std::vector<Entry> archives;
  std::vector<Package> packages;  ///< of every archive and component, architecture `all` and the asked ones; `Package::archive` counts in `archives`
};

struct FetchOptions {
  bool offline = false;               ///< only what the cache holds; Unavailable names what lacks
  bool check_valid_until = true;
  int parallel = 8;
  int attempts = 3;
};

/// Reads archives through a cache folder (safe to delete) and a state folder (the newest Release seen of each suite, never older again).
class ArchiveReader {
 public:
  ArchiveReader(host::Machine& machine, host::Path cache, host::Path state, FetchOptions options, Progress& progress);
  /// The indexes of all `archives` for `architecture` (dpkg's name), verified from the signature down: wrong key, expired, replayed, truncated or
  /// mismatching files are Corrupt or Denied with the archive named.
  Result<Index> refresh(const std::vector<Archive>& archives, const std::string& architecture);
  /// Sees that the cache holds every package, by digest; downloads in parallel what lacks. `archives` tells where by Package::archive's place.
  struct Wanted {
    std::string archive, suite, path, sha256;
    std::uint64_t size = 0;
  };
  Done fetch(const std::vector<Wanted>& wanted, const std::vector<Archive>& archives);
  /// The cache of packages, by their SHA-256.
  host::Blobs& packages();
};

/// The archives of a distribution as this machine reaches them: from the configuration's mirror, else from the host's apt.
struct Distribution {
  std::string id;        ///< `debian`
  std::string release;   ///< `13`
  std::string codename;  ///< `trixie`
};
Result<Distribution> distribution(std::string_view name);  ///< `debian-13`

}  // namespace ashlar::deb
