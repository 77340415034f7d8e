#include "host/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::host {
namespace {

constexpr long max_redirects = 10, connect_seconds = 30, stall_seconds = 60;

/// One request under way, as libcurl's callbacks see it.
struct Transfer {
  const HttpRequest& request;
  Sink& sink;
  const Http::Begin& begin;
  CURL* handle;
  HttpResponse response{};
  bool begun = false;
  std::optional<Error> failure{};

  bool keep(Done done) {
    if (!done) failure = std::move(done).error();
    return done.has_value();
  }
};

size_t on_header(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line = trim({data, size});
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();  // of a redirect, or of 100 Continue
  const auto [name, value] = cut(line, ':');
  if (name.size() == line.size()) return size;
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  transfer.response.headers[lower] = std::string(trim(value));
  return size;
}

size_t on_body(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.begun) {
    transfer.begun = true;
    long status = 0;
    curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status == 0 ? 200 : status);  // file: has no status
    if (transfer.response.status / 100 == 2 && transfer.begin && !transfer.keep(transfer.begin(transfer.response))) return 0;
  }
  if (transfer.response.status / 100 != 2) return size;  // an error's page is nobody's data
  transfer.response.received += size;
  if (transfer.response.received > transfer.request.limit) {
    transfer.failure = Error{Kind::Corrupt, fmt::format("cannot fetch '{}': it is larger than {} bytes", transfer.request.url, transfer.request.limit), {}};
    return 0;
  }
  return transfer.keep(transfer.sink.write(as_bytes({data, size}))) ? size : 0;
}

class MachineHttp final : public Http {
 public:
  ~MachineHttp() override {
    for (CURL* handle : idle_) curl_easy_cleanup(handle);
  }

  Result<HttpResponse> get(const HttpRequest& request, Sink& sink, const Begin& begin) override {
    CURL* const handle = take();
    if (handle == nullptr) return cannot(Kind::Unavailable, fmt::format("fetch '{}'", request.url), "libcurl does not start");
    Transfer transfer{request, sink, begin, handle};
    curl_slist* headers = nullptr;
    for (const auto& [name, value] : request.headers) headers = curl_slist_append(headers, fmt::format("{}: {}", name, value).c_str());
    configure(handle, request, transfer, headers);
    const CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    give_back(handle);
    if (transfer.failure) return std::unexpected(std::move(*transfer.failure));
    const std::string what = fmt::format("fetch '{}'", request.url);
    if (code == CURLE_FILE_COULDNT_READ_FILE) return cannot(Kind::NotFound, what, "there is no such file");
    if (code != CURLE_OK) return cannot(Kind::Unavailable, what, lower_first(curl_easy_strerror(code)));
    transfer.response.status = static_cast<int>(status == 0 ? 200 : status);
    return std::move(transfer.response);
  }

 private:
  static std::string lower_first(std::string text) {
    if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return text;
  }

  static void configure(CURL* handle, const HttpRequest& request, Transfer& transfer, curl_slist* headers) {
    curl_easy_reset(handle);  // keeps connections and the session cache
    curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https,file");
    curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(handle, CURLOPT_MAXREDIRS, max_redirects);
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
    for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
      const char* const bundle = std::getenv(name);
      if (bundle != nullptr && *bundle != '\0') {
        curl_easy_setopt(handle, CURLOPT_CAINFO, bundle);
        break;
      }
    }
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
