#pragma once
// A lock: every byte that goes in, and why (docs/formats/lock.md). It alone suffices to build again from a filled cache.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "plan/definition.h"

namespace ashlar::plan {

struct LockedPackage {
  std::string name, version, source, source_version, architecture;
  std::uint64_t size = 0;
  std::string sha256;   ///< 64 hex digits
  std::string path;     ///< in the archive's pool
  std::string archive;  ///< Archive name
  std::string suite;
  std::string reason;   ///< `asked for by the definition`, `depended on by libssl3t64`, ...
  std::vector<std::string> depends;  ///< names of locked packages that it needs; configure order follows from these
  std::string maintainer = {};       ///< who supplies it, as its control file says; empty in locks that do not know
};
struct LockedFile { std::string path, url, sha256; std::uint64_t size = 0; };
struct LockedArchive { std::string name, suite; std::string release_sha256; std::string date; std::vector<std::string> components; };
struct Encoder { std::string codec = "gzip", library = "libdeflate", version; int level = 6; };
struct LockedPlatform { std::vector<LockedPackage> packages; std::vector<LockedFile> files; };

struct Lock {
  std::string definition;  ///< its image name and the SHA-256 of what in it decides the choice of packages
  std::string inputs_sha256;
  std::string distribution;
  OsRelease os_release;  ///< what the distribution said of itself, for a definition without one of its own; empty otherwise, and in locks that do not know
  std::map<std::string, LockedPlatform> platforms;  ///< by `linux/amd64`; packages sorted by name
  std::vector<LockedArchive> archives;
  Encoder encoder;
};

Json to_json(const Lock& lock);
/// Corrupt or Invalid when anything required lacks or is of the wrong form.
Result<Lock> read_lock(std::string_view text, std::string_view path);

}  // namespace ashlar::plan
