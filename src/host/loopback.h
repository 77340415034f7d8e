#pragma once
// An HTTP server on this machine's loopback address, for tests of clients.
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace ashlar::host {

/// A request as a Loopback got it.
struct Asked {
  std::string target;                          ///< `/dists/trixie/InRelease`
  std::map<std::string, std::string> headers;  ///< lower-case names
};

struct Answer {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  size_t cut_after = std::string::npos;  ///< the connection ends after so many bytes of the body
};

class Loopback {
 public:
  using Handler = std::function<Answer(const Asked&)>;
  /// Serves until it goes; `handler` is called from several threads.
  static Result<std::unique_ptr<Loopback>> start(Handler handler);
  virtual ~Loopback() = default;
  virtual std::string url() const = 0;  ///< `http://127.0.0.1:PORT`
};

/// A file as a web server answers for it: entity tags (If-None-Match) and ranges (`bytes=N-`) as RFC 9110 has them.
Answer answer_with_file(const Asked& asked, const std::string& content);

}  // namespace ashlar::host
