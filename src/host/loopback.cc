#include "host/loopback.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <list>
#include <mutex>
#include <thread>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "host/inner/system.h"

namespace ashlar::host {
namespace {

std::string http_date(Time time) {
  const std::time_t seconds = time.seconds;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool carries(const LoopbackRequest& request) { return request.method == "POST" || request.method == "PUT" || request.method == "PATCH"; }

/// The body of a request, of which `rest` may hold the front; false when the peer has gone.
bool receive_body(int socket, std::string& rest, LoopbackRequest& request) {
  const auto length = request.headers.find("content-length");
  size_t size = 0;
  if (length != request.headers.end()) std::from_chars(length->second.data(), length->second.data() + length->second.size(), size);
  while (rest.size() < size) {
    char buffer[65536];
    const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    rest.append(buffer, static_cast<size_t>(count));
  }
  request.body = rest.substr(0, size);
  rest.erase(0, size);
  return true;
}

/// The next request; nothing when the peer has gone. `rest` keeps what came after it.
std::optional<LoopbackRequest> receive(int socket, std::string& rest) {
  size_t end;
  while ((end = rest.find("\r\n\r\n")) == std::string::npos) {
    char buffer[8192];
    const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0 || rest.size() > 65536) return std::nullopt;
    rest.append(buffer, static_cast<size_t>(count));
  }
  const std::string head = rest.substr(0, end);
  rest.erase(0, end + 4);
  LoopbackRequest request;
  const auto lines = split(head, '\n');
  const auto start = words(lines[0]);
  if (start.size() != 3) return std::nullopt;
  request.method = start[0];
  request.path = start[1];
  for (const std::string_view line : std::span(lines).subspan(1)) {
    const auto [name, value] = cut(line, ':');
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    request.headers[lower] = std::string(trim(value));
  }
  if (!receive_body(socket, rest, request)) return std::nullopt;
  return request;
}

using Answer = LoopbackAnswer;

Answer plain(int status, std::string text) { return {status, {{"Content-Type", "text/plain"}}, std::move(text)}; }

/// Cuts the body to the range that was asked for (RFC 9110 section 14); other forms of ranges are passed over, as a server may.
void apply_range(Answer& answer, const std::string& range) {
  constexpr std::string_view unit = "bytes=";
  if (!range.starts_with(unit)) return;
  const auto [from_text, to_text] = cut(std::string_view(range).substr(unit.size()), '-');
  std::uint64_t from = 0, to = answer.body.size() - 1;
  const auto number = [](std::string_view text, std::uint64_t& into) { return std::from_chars(text.data(), text.data() + text.size(), into).ec == std::errc(); };
  if (!number(from_text, from) || (!to_text.empty() && !number(to_text, to))) return;
  const std::uint64_t size = answer.body.size();
  if (from >= size || to < from) {
    answer = plain(416, "no such range\n");
    answer.headers["Content-Range"] = fmt::format("bytes */{}", size);
    return;
  }
  to = std::min(to, size - 1);
  answer.status = 206;
  answer.headers["Content-Range"] = fmt::format("bytes {}-{}/{}", from, to, size);
  answer.body = answer.body.substr(from, to - from + 1);
}

}  // namespace

struct LoopbackServer::State {
  struct Connection {
    Descriptor socket;
    std::thread thread;
  };

  Path folder;
  std::function<LoopbackAnswer(const LoopbackRequest&)> by;  // in the place of files, where it is set
  Descriptor listener;
  int port = 0;
  std::thread acceptor;
  std::unique_ptr<Files> files = machine_files();
  mutable std::mutex mutex;  // guards what follows
  std::map<std::string, LoopbackFault, std::less<>> faults;
  std::vector<LoopbackRequest> requests;
  std::list<Connection> connections;
  bool stopping = false;

  void accept_all();
  void serve(int socket, int number);
  LoopbackFault fault_of(const std::string& path);
  Answer answer(const LoopbackRequest& request, const LoopbackFault& fault) const;
};

void LoopbackServer::State::accept_all() {
  for (int number = 0;; ++number) {
    Descriptor socket(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::lock_guard hold(mutex);
    if (stopping || !socket.open()) return;
    Connection& connection = connections.emplace_back();
    connection.socket = std::move(socket);
    connection.thread = std::thread([this, number, handle = connection.socket.get()] { serve(handle, number); });
  }
}

LoopbackFault LoopbackServer::State::fault_of(const std::string& path) {
  for (const std::string_view key : {std::string_view(path), std::string_view("*")}) {
    const auto found = faults.find(key);
    if (found == faults.end() || found->second.times <= 0) continue;
    --found->second.times;
    return found->second;
  }
  return {};
}

Answer LoopbackServer::State::answer(const LoopbackRequest& request, const LoopbackFault& fault) const {
  const auto header = [&](const char* name) { return request.headers.contains(name) ? request.headers.at(name) : std::string(); };
  if (!fault.authorization.empty() && header("authorization") != fault.authorization) {
    Answer refusal = plain(401, "who are you\n");
    refusal.headers["WWW-Authenticate"] = "Basic realm=\"test\"";
    return refusal;
  }
  if (fault.status != 0) {
    Answer instead = plain(fault.status, fmt::format("status {}\n", fault.status));
    if (!fault.location.empty()) instead.headers["Location"] = fault.location;
    if (fault.status == 304) instead.body.clear();  // RFC 9110, 15.4.5: what follows the head is the next answer
    return instead;
  }
  if (by) return by(request);
  if (carries(request)) return plain(201, "taken\n");
  if (request.method != "GET" && request.method != "HEAD") return plain(405, "no such method\n");
  const std::string name = request.path.substr(0, request.path.find('?'));
  if (name.find("..") != std::string::npos || !name.starts_with('/')) return plain(400, "no such path\n");
  const Path path = folder / name.substr(1);
  const auto stat = files->stat(path);
  if (!stat || stat->type != NodeType::Regular) return plain(404, "there is no such file\n");
  auto body = files->read(path);
  if (!body) return plain(500, body.error().message);
  Answer out{200, {{"Accept-Ranges", "bytes"}}, std::move(*body)};
  out.headers["ETag"] = fmt::format("\"{}\"", Digest::of(out.body).hex().substr(0, 16));
  out.headers["Last-Modified"] = http_date(stat->modified);
  const bool same = request.headers.contains("if-none-match") ? header("if-none-match") == out.headers["ETag"] : header("if-modified-since") == out.headers["Last-Modified"];
  if (same) {
    out.status = 304;
    out.body.clear();
    return out;
  }
  const std::string condition = header("if-range");
  const bool whole = !condition.empty() && condition != out.headers["ETag"] && condition != out.headers["Last-Modified"];
  if (!fault.ignore_range && !whole) apply_range(out, header("range"));
  return out;
}

void LoopbackServer::State::serve(int socket, int number) {
  std::string rest;
  while (auto request = receive(socket, rest)) {
    request->connection = number;
    LoopbackFault fault;
    {
      const std::lock_guard hold(mutex);
      requests.push_back(*request);
      fault = fault_of(request->path);
    }
    std::this_thread::sleep_for(fault.delay);
    const Answer out = answer(*request, fault);
    std::string head = fmt::format("HTTP/1.1 {} Answer\r\n", out.status);
    for (const auto& [name, value] : out.headers) head += fmt::format("{}: {}\r\n", name, value);
    if (out.status != 304) head += fmt::format("Content-Length: {}\r\n", out.body.size());
    head += "\r\n";
    if (!send_all(socket, head)) break;
    if (request->method == "HEAD") continue;
    const std::string_view body = std::string_view(out.body).substr(0, fault.cut_after.value_or(out.body.size()));
    if (!send_all(socket, body) || body.size() != out.body.size()) break;
  }
  ::shutdown(socket, SHUT_RDWR);  // closed with the server: its number must stay ours until then
}

LoopbackServer::LoopbackServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<LoopbackServer>> LoopbackServer::start(Path folder) {
  auto state = std::make_unique<State>();
  state->folder = std::move(folder);
  return listen(std::move(state));
}

Result<std::unique_ptr<LoopbackServer>> LoopbackServer::start(std::function<LoopbackAnswer(const LoopbackRequest&)> answer) {
  auto state = std::make_unique<State>();
  state->by = std::move(answer);
  return listen(std::move(state));
}

Result<std::unique_ptr<LoopbackServer>> LoopbackServer::listen(std::unique_ptr<State> state) {
  state->listener = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (!state->listener.open() || ::bind(state->listener.get(), generic, size) != 0 || ::listen(state->listener.get(), 64) != 0 ||
      ::getsockname(state->listener.get(), generic, &size) != 0)
    return system_error("listen on the loopback address", errno);
  state->port = ntohs(address.sin_port);
  state->acceptor = std::thread([server = state.get()] { server->accept_all(); });
  return std::unique_ptr<LoopbackServer>(new LoopbackServer(std::move(state)));
}

LoopbackServer::~LoopbackServer() {
  {
    const std::lock_guard hold(state_->mutex);
    state_->stopping = true;
    for (const auto& connection : state_->connections) ::shutdown(connection.socket.get(), SHUT_RDWR);
  }
  ::shutdown(state_->listener.get(), SHUT_RDWR);
  state_->acceptor.join();
  for (auto& connection : state_->connections) connection.thread.join();
}

std::string LoopbackServer::url() const { return fmt::format("http://127.0.0.1:{}", state_->port); }

void LoopbackServer::set_fault(const std::string& path, LoopbackFault fault) {
  const std::lock_guard hold(state_->mutex);
  state_->faults[path] = std::move(fault);
}

void LoopbackServer::clear_faults() {
  const std::lock_guard hold(state_->mutex);
  state_->faults.clear();
}

std::vector<LoopbackRequest> LoopbackServer::requests() const {
  const std::lock_guard hold(state_->mutex);
  return state_->requests;
}

size_t LoopbackServer::count(std::string_view path) const {
  const std::lock_guard hold(state_->mutex);
  return static_cast<size_t>(std::count_if(state_->requests.begin(), state_->requests.end(), [&](const LoopbackRequest& each) { return each.path == path; }));
}

}  // namespace ashlar::host
