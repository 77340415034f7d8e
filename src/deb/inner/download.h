#pragma once
// One file from any of several addresses into the cache: by digest, resumed after a cut, tried again after a fault.
#include <optional>
#include <string>
#include <vector>

#include "deb/archive.h"

namespace ashlar::deb {

struct DownloadJob {
  std::vector<std::string> urls;  ///< tried in order
  std::string what;               ///< for errors: `fetch package 'x_1_amd64.deb'`
  std::optional<Digest> expected; ///< required
  std::uint64_t size = 0;         ///< 0: not known
};

/// Fetches into `blobs`; of several processes one does, the others wait. What came of a cut transfer stays in `partial` and is gone on with.
/// NotFound when every address answers that there is none, Corrupt when one gave other bytes than expected, else Unavailable.
Done download(host::Machine& machine, const FetchOptions& options, const host::Path& partial, host::Blobs& blobs, const DownloadJob& job);

/// A small file into memory, tried again after faults of the network and the server. Answers of other kinds are the caller's to judge.
Result<host::HttpResponse> ask(host::Machine& machine, const FetchOptions& options, const host::HttpRequest& request, std::string& body);

/// What an answer that is no success means, for people.
std::string words_of_status(int status);

}  // namespace ashlar::deb
