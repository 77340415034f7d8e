#pragma once
// HTTP as a client.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "host/files.h"

namespace ashlar::host {

/// What a request carries. It is opened anew for every time that it must be sent, as after a redirect.
struct HttpBody {
  std::uint64_t size = 0;
  std::function<Result<std::unique_ptr<Source>>()> open;  ///< exactly `size` bytes; null: nothing is carried
};

/// What a server is believed by and asked with, beside what the machine has.
struct HttpTls {
  std::string authorities;  ///< PEM of certificates; those of the machine count beside them
  Path certificate, key;    ///< of the client, PEM files; empty: none
  friend bool operator==(const HttpTls&, const HttpTls&) = default;
};

struct HttpRequest {
  std::string url;                               ///< http:, https: or file:
  std::string method = "GET";                    ///< GET, HEAD, POST, PUT, PATCH or DELETE
  HttpBody body;                                 ///< of POST, PUT and PATCH
  HttpTls tls;
  std::map<std::string, std::string> headers;    ///< lower-case names
  std::string user, password;                    ///< basic authentication when not empty
  std::string proxy;                             ///< empty: as the environment says; `DIRECT`: none
  std::uint64_t resume_from = 0;                 ///< Range: bytes=N-; 0 for none
  std::uint64_t limit = UINT64_MAX;              ///< a file of more bytes than this is Corrupt, those before `resume_from` among them
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< lower-case names; of one that came several times, the values with ", " between them
  std::uint64_t received = 0;                  ///< bytes of body given to the sink
  std::string page;                            ///< the first 4 KiB of an answer that is none of 2xx
};

/// A client that keeps its connections; safe to call from several threads.
class Http {
 public:
  virtual ~Http() = default;
  /// Bodies of 2xx answers go to `sink` as they come. An answer of any status is a response; no answer is Unavailable. Follows at most 10 redirects;
  /// another host than the first gets neither the header `authorization` nor user and password.
  /// `begin` is told status and headers before the first byte of such a body, so that a sink can tell the rest of a file (206) from the whole.
  using Begin = std::function<Done(const HttpResponse&)>;
  virtual Result<HttpResponse> send(const HttpRequest& request, Sink& sink, const Begin& begin = {}) = 0;
};

/// Over libcurl. CA certificates come from CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR, else from the machine; proxies from the usual variables.
/// Error texts show no user or password of the address.
std::unique_ptr<Http> machine_http();

}  // namespace ashlar::host
