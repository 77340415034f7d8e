#include "host/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <mutex>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::host {
namespace {

constexpr long max_redirects = 10, connect_seconds = 30, stall_seconds = 60;
constexpr size_t max_header_bytes = 1 << 20;     // of all headers of a request, redirects among them
constexpr std::uint64_t max_error_page = 65536;  // read, so that the connection can be kept; beyond it the connection goes
constexpr size_t max_kept_page = 4096;

/// An address without the user and password that it may hold, for people to see.
std::string public_url(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const size_t host = scheme + 3, end = std::min(url.find_first_of("/?#", host), url.size());
  const size_t at = url.substr(0, end).rfind('@');
  return at == std::string_view::npos || at < host ? std::string(url) : fmt::format("{}{}", url.substr(0, host), url.substr(at + 1));
}

/// One request under way, as libcurl's callbacks see it.
struct Transfer {
  const HttpRequest& request;
  Sink& sink;
  const Http::Begin& begin;
  CURL* handle;
  HttpResponse response{};
  bool begun = false;
  bool had_enough = false;  // of an error's page
  size_t header_bytes = 0;
  std::uint64_t page_bytes = 0;
  std::unique_ptr<Source> body{};  // of the request, once it is opened
  std::uint64_t sent = 0;
  std::optional<Error> failure{};

  bool keep(Done done) {
    if (!done) failure = std::move(done).error();
    return done.has_value();
  }

  /// Knows the status, and tells it to whom it concerns; once.
  bool start() {
    if (begun) return true;
    begun = true;
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    if (status == 0) status = request.resume_from > 0 ? 206 : 200;  // file: has none, and libcurl began where it was told
    response.status = static_cast<int>(status);
    return response.status / 100 != 2 || !begin || keep(begin(response));
  }
};

bool carries(const HttpRequest& request) { return request.method == "POST" || request.method == "PUT" || request.method == "PATCH"; }

/// `fetch 'address'`, or what else the request is about.
std::string deed(const HttpRequest& request) { return fmt::format("{} '{}'", carries(request) ? "send to" : request.method == "DELETE" ? "delete" : "fetch", public_url(request.url)); }

size_t on_send(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const HttpBody& body = transfer.request.body;
  if (!body.open || transfer.sent == body.size) return 0;
  if (!transfer.body) {
    auto opened = body.open();
    if (!opened) return transfer.failure = std::move(opened).error(), CURL_READFUNC_ABORT;
    transfer.body = std::move(*opened);
  }
  const size_t most = static_cast<size_t>(std::min<std::uint64_t>(size, body.size - transfer.sent));
  const auto count = transfer.body->read({reinterpret_cast<std::uint8_t*>(data), most});
  if (!count) return transfer.failure = count.error(), CURL_READFUNC_ABORT;
  if (*count == 0) {
    transfer.failure = Error{Kind::Corrupt, fmt::format("cannot {}: what is sent ends after {} of {} bytes", deed(transfer.request), transfer.sent, body.size), {}};
    return CURL_READFUNC_ABORT;
  }
  transfer.sent += *count;
  return *count;
}

/// libcurl goes back to the front of the body, and nowhere else.
int on_rewind(void* user, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (origin != SEEK_SET || offset != 0) return CURL_SEEKFUNC_CANTSEEK;
  transfer.body.reset();
  transfer.sent = 0;
  return CURL_SEEKFUNC_OK;
}

size_t on_header(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.header_bytes += size;
  if (transfer.header_bytes > max_header_bytes) return 0;
  const std::string_view line = trim({data, size});
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();  // of a redirect, a proxy, or 100 Continue
  const auto [name, value] = cut(line, ':');
  if (name.size() == line.size()) return size;
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto [known, added] = transfer.response.headers.try_emplace(lower, trim(value));
  if (!added) known->second += fmt::format(", {}", trim(value));  // RFC 9110, 5.2
  return size;
}

size_t on_body(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.start()) return 0;
  if (transfer.response.status / 100 != 2) {  // an error's page is nobody's data
    transfer.page_bytes += size;
    transfer.response.page.append(data, std::min(size, max_kept_page - std::min(max_kept_page, transfer.response.page.size())));
    transfer.had_enough = transfer.page_bytes > max_error_page;
    return transfer.had_enough ? 0 : size;
  }
  // The body may be the rest of a file: what is had already counts.
  const std::uint64_t before = transfer.response.status == 206 ? transfer.request.resume_from : 0;
  if (before + transfer.response.received + size > transfer.request.limit) {
    transfer.failure = Error{Kind::Corrupt, fmt::format("cannot {}: it is larger than {} bytes", deed(transfer.request), transfer.request.limit), {}};
    return 0;
  }
  transfer.response.received += size;
  return transfer.keep(transfer.sink.write(as_bytes({data, size}))) ? size : 0;
}

class MachineHttp final : public Http {
 public:
  ~MachineHttp() override {
    for (CURL* handle : idle_) curl_easy_cleanup(handle);
  }

  Result<HttpResponse> send(const HttpRequest& request, Sink& sink, const Begin& begin) override {
    CURL* const handle = take();
    if (handle == nullptr) return cannot(Kind::Unavailable, deed(request), "libcurl does not start");
    Transfer transfer{request, sink, begin, handle};
    curl_slist* headers = nullptr;
    for (const auto& [name, value] : request.headers) {
      // libcurl's own way to write a header that is there and empty
      headers = curl_slist_append(headers, value.empty() ? fmt::format("{};", name).c_str() : fmt::format("{}: {}", name, value).c_str());
    }
    if (carries(request)) headers = curl_slist_append(headers, "expect:");  // no wait of a second for a server that does not know it
    char reason[CURL_ERROR_SIZE] = "";
    configure(handle, request, transfer, headers);
    configure_trust(handle, request.tls);
    configure_method(handle, request, transfer);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
    const CURLcode code = curl_easy_perform(handle);
    // An empty body has a beginning too.
    if (code == CURLE_OK) (void)transfer.start();
    curl_slist_free_all(headers);
    curl_easy_reset(handle);  // it points into this call
    give_back(handle);
    if (transfer.failure) return std::unexpected(std::move(*transfer.failure));
    if (code == CURLE_OK || transfer.had_enough) return std::move(transfer.response);
    return trouble(code, reason, request);
  }

 private:
  static std::string lower_first(std::string text) {
    if (text.size() > 1 && std::islower(static_cast<unsigned char>(text[1])) != 0) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
  }

  /// What libcurl says, as ours.
  static std::unexpected<Error> trouble(CURLcode code, std::string reason, const HttpRequest& request) {
    const std::string what = deed(request);
    if (code == CURLE_FILE_COULDNT_READ_FILE) return cannot(Kind::NotFound, what, "there is no such file");
    if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT) return cannot(Kind::Invalid, what, lower_first(curl_easy_strerror(code)));
    return cannot(Kind::Unavailable, what, lower_first(reason.empty() ? curl_easy_strerror(code) : std::move(reason)));
  }

  static void configure(CURL* handle, const HttpRequest& request, Transfer& transfer, curl_slist* headers) {
    curl_easy_reset(handle);  // keeps connections and the session cache
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https,file");
    curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXREDIRS, max_redirects);
    curl_easy_setopt(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, connect_seconds);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, stall_seconds);
    curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(handle, CURLOPT_USERAGENT, "ashlar/" ASHLAR_VERSION);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
    if (request.resume_from > 0) curl_easy_setopt(handle, CURLOPT_RANGE, fmt::format("{}-", request.resume_from).c_str());
    if (!request.user.empty()) {
      curl_easy_setopt(handle, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
      curl_easy_setopt(handle, CURLOPT_USERNAME, request.user.c_str());
      curl_easy_setopt(handle, CURLOPT_PASSWORD, request.password.c_str());
    }
    if (request.proxy == "DIRECT") curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
    else if (!request.proxy.empty()) curl_easy_setopt(handle, CURLOPT_PROXY, request.proxy.c_str());
    const auto connection = request.headers.find("connection");
    if (connection == request.headers.end() || connection->second != "close") return;
    // On a connection that was used before, libcurl sends what got no answer a second time by itself.
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(handle, CURLOPT_FORBID_REUSE, 1L);
  }

  static void configure_trust(CURL* handle, const HttpTls& tls) {
    for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
      const char* const bundle = std::getenv(name);
      if (bundle == nullptr || *bundle == '\0') continue;
      curl_easy_setopt(handle, CURLOPT_CAINFO, bundle);
      break;
    }
    if (const char* const folder = std::getenv("SSL_CERT_DIR"); folder != nullptr && *folder != '\0') curl_easy_setopt(handle, CURLOPT_CAPATH, folder);
    if (!tls.authorities.empty()) {  // beside the folder of the machine's
      curl_blob pem{const_cast<char*>(tls.authorities.data()), tls.authorities.size(), CURL_BLOB_COPY};
      curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &pem);
    }
    if (!tls.certificate.empty()) curl_easy_setopt(handle, CURLOPT_SSLCERT, tls.certificate.c_str());
    if (!tls.key.empty()) curl_easy_setopt(handle, CURLOPT_SSLKEY, tls.key.c_str());
  }

  static void configure_method(CURL* handle, const HttpRequest& request, Transfer& transfer) {
    if (request.method == "HEAD") curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    else if (request.method != "GET") curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (!carries(request)) return;
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.body.open ? request.body.size : 0));
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, on_send);
    curl_easy_setopt(handle, CURLOPT_READDATA, &transfer);
    curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, on_rewind);
    curl_easy_setopt(handle, CURLOPT_SEEKDATA, &transfer);
  }

  CURL* take() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) return nullptr;
    const std::lock_guard hold(mutex_);
    if (idle_.empty()) return curl_easy_init();
    CURL* const handle = idle_.back();
    idle_.pop_back();
    return handle;
  }
  void give_back(CURL* handle) {
    const std::lock_guard hold(mutex_);
    idle_.push_back(handle);
  }

  std::mutex mutex_;
  std::vector<CURL*> idle_;
};

}  // namespace

std::unique_ptr<Http> machine_http() { return std::make_unique<MachineHttp>(); }

}  // namespace ashlar::host
