#pragma once
// HTTP as a client.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace ashlar::host {

struct HttpRequest {
  std::string url;                               ///< http:, https: or file:
  std::map<std::string, std::string> headers;    ///< lower-case names
  std::string user, password;                    ///< basic authentication when not empty
  std::string proxy;                             ///< empty: as the environment says
  std::uint64_t resume_from = 0;                 ///< Range: bytes=N-; 0 for none
  std::uint64_t limit = UINT64_MAX;              ///< more bytes than this are Corrupt
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< lower-case names
  std::uint64_t received = 0;                  ///< bytes of body given to the sink
};

/// A client that keeps its connections; safe to call from several threads.
class Http {
 public:
  virtual ~Http() = default;
  /// Bodies of 2xx answers go to `sink` as they come. An answer of any status is a response; no answer is Unavailable. Follows at most 10 redirects.
  virtual Result<HttpResponse> get(const HttpRequest& request, Sink& sink) = 0;
};

std::unique_ptr<Http> machine_http();

}  // namespace ashlar::host
