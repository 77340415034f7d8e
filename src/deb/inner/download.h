#pragma once
// One file from any of several addresses into the cache: by digest, resumed after a cut, tried again after a fault.
#include <string>
#include <vector>

#include "deb/archive.h"

namespace ashlar::deb {

struct DownloadJob {
  std::vector<std::string> urls;  ///< tried in order
  std::string what;               ///< for errors: `fetch package 'pool/...'`
  std::optional<Digest> expected;
  std::uint64_t size = 0;         ///< 0: not known
};

/// Fetches into `blobs` (which must not have it yet). NotFound when every address answers 404, Unavailable when none answers, Corrupt when the bytes
/// are not the expected ones from any.
Done download(host::Machine& machine, const FetchOptions& options, const host::Path& partial, host::Blobs& blobs, const DownloadJob& job);

}  // namespace ashlar::deb
