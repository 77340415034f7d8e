#pragma once
// A web server for tests: a folder, served on 127.0.0.1 alone, with the faults that real ones have.
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/files.h"

namespace ashlar::host {

/// How the server misbehaves for one path.
struct LoopbackFault {
  int times = 1 << 30;                       ///< for the next so many requests, then it serves as it should
  int status = 0;                            ///< answered instead of the file, with a short text; 0: the file
  std::string location{};                      ///< where a 3xx points to
  std::optional<std::uint64_t> cut_after{};    ///< bytes of the body after which the connection breaks
  std::chrono::milliseconds delay{0};        ///< before the answer
  bool ignore_range = false;                 ///< answers 200 and everything
  std::string authorization{};                 ///< the value that this header must have, else 401
};

struct LoopbackRequest {
  std::string method, path;
  std::map<std::string, std::string> headers;  ///< lower-case names
  std::string body;                            ///< as many bytes as `content-length` says
  int connection = 0;                          ///< which one, from 0: the same number for requests that shared one
};

struct LoopbackAnswer {
  int status = 200;
  std::map<std::string, std::string> headers{};
  std::string body{};
};

/// POST, PUT and PATCH are taken and answered 201, other methods 405; GET and HEAD with Range (one, `bytes=N-` or `bytes=N-M`), ETag, Last-Modified, If-None-Match, If-Modified-Since and kept connections
/// (RFC 9110, 9112). A fault for the path `*` is one for all paths. Safe to use from several threads; it stops when it goes.
class LoopbackServer {
 public:
  static Result<std::unique_ptr<LoopbackServer>> start(Path folder);
  /// Everything is answered by `answer`, in several threads at once; faults count as they do for files.
  static Result<std::unique_ptr<LoopbackServer>> start(std::function<LoopbackAnswer(const LoopbackRequest&)> answer);
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;
  ~LoopbackServer();
  /// `http://127.0.0.1:<port>`
  std::string url() const;
  /// From now on, for `path` (`/dists/x/InRelease`), instead of what was set for it before.
  void set_fault(const std::string& path, LoopbackFault fault);
  void clear_faults();
  /// What was asked, in order; since the start.
  std::vector<LoopbackRequest> requests() const;
  /// How often `path` was asked for.
  size_t count(std::string_view path) const;

 private:
  struct State;
  explicit LoopbackServer(std::unique_ptr<State> state);
  static Result<std::unique_ptr<LoopbackServer>> listen(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ashlar::host
