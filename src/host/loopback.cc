#include "host/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "host/inner/system.h"

namespace ashlar::host {
namespace {

constexpr size_t max_head = 64 << 10;

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

/// The request's head, or nothing when the client goes away.
std::string read_head(int socket) {
  std::string head;
  char buffer[4096];
  while (head.find("\r\n\r\n") == std::string::npos && head.size() < max_head) {
    const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return {};
    head.append(buffer, static_cast<size_t>(count));
  }
  return head;
}

Asked parse_head(std::string_view head) {
  Asked asked;
  const auto lines = split(head, '\n');
  const auto first = words(lines.front());
  if (first.size() > 1) asked.target = first[1];
  for (size_t at = 1; at < lines.size(); ++at) {
    const auto [name, value] = cut(lines[at], ':');
    std::string lower(trim(name));
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!lower.empty()) asked.headers[lower] = trim(value);
  }
  return asked;
}

class Server final : public Loopback {
 public:
  Server(Descriptor listener, int port, Handler handler) : listener_(std::move(listener)), port_(port), handler_(std::move(handler)) {
    thread_ = std::thread([this] { accept_all(); });
  }
  ~Server() override {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    for (std::thread& each : guests_) each.join();
  }
  std::string url() const override { return fmt::format("http://127.0.0.1:{}", port_); }

 private:
  void accept_all() {
    for (;;) {
      const int socket = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0 && errno == EINTR) continue;
      if (socket < 0) return;
      guests_.emplace_back([this, socket] { serve(Descriptor(socket)); });
    }
  }
  void serve(Descriptor socket) const {
    const std::string head = read_head(socket.get());
    if (head.empty()) return;
    const Answer answer = handler_(parse_head(head));
    std::string text = fmt::format("HTTP/1.1 {} Answer\r\nConnection: close\r\n", answer.status);
    for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\r\n", name, value);
    if (answer.status != 304) text += fmt::format("Content-Length: {}\r\n", answer.body.size());
    if (!send_all(socket.get(), text + "\r\n")) return;
    if (answer.status != 304) (void)send_all(socket.get(), std::string_view(answer.body).substr(0, answer.cut_after));
    ::shutdown(socket.get(), SHUT_RDWR);
  }

  Descriptor listener_;
  int port_;
  Handler handler_;
  std::vector<std::thread> guests_;  ///< grown by thread_ alone, which ends first
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Loopback>> Loopback::start(Handler handler) {
  const std::string what = "serve on the loopback address";
  Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!listener.open()) return system_error(what, errno);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener.get(), 64) != 0 ||
      ::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return system_error(what, errno);
  return std::make_unique<Server>(std::move(listener), ntohs(address.sin_port), std::move(handler));
}

Answer answer_with_file(const Asked& asked, const std::string& content) {
  Answer out;
  const std::string tag = '"' + Digest::of(content).hex().substr(0, 16) + '"';
  out.headers["ETag"] = tag;
  if (const auto known = asked.headers.find("if-none-match"); known != asked.headers.end() && known->second == tag) {
    out.status = 304;
    return out;
  }
  out.body = content;
  const auto range = asked.headers.find("range");
  if (range == asked.headers.end() || !range->second.starts_with("bytes=")) return out;
  size_t from = 0;
  std::from_chars(range->second.data() + 6, range->second.data() + range->second.size(), from);
  if (from >= content.size()) return {416, {}, {}, std::string::npos};
  out.status = 206;
  out.headers["Content-Range"] = fmt::format("bytes {}-{}/{}", from, content.size() - 1, content.size());
  out.body = content.substr(from);
  return out;
}

}  // namespace ashlar::host
