#include "host/container.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "base/text.h"
#include "host/inner/system.h"

namespace ashlar::host {
namespace {

constexpr size_t max_body = 1 << 20, max_headers = 256;
constexpr timeval connect_patience{5, 0};

/// What the child says besides the socket: 0, or why there is none.
struct Report { int number = 0; };

/// In the child, between fork and _exit: only what a signal handler may call. A socket belongs to the network in which it was made.
[[noreturn]] void make_and_tell(int user_namespace, int network_namespace, int family, int to) {
  Report report;
  int made = -1;
  // One's own user namespace cannot be entered again (EINVAL), and needs not.
  if (::setns(user_namespace, CLONE_NEWUSER) != 0 && errno != EINVAL) report.number = errno;
  if (report.number == 0 && ::setns(network_namespace, CLONE_NEWNET) != 0) report.number = errno;
  if (report.number == 0 && (made = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0) report.number = errno;
  iovec part{&report, sizeof report};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (made >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &made, sizeof made);
  }
  ::_exit(::sendmsg(to, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof report) ? 0 : 1);
}

Result<Descriptor> open_part(int process, const char* part, int flags) {
  const std::string path = fmt::format("/proc/{}/{}", process, part);
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
  if (!file.open()) return system_error("look into a container", errno == ENOENT ? ESRCH : errno);
  return file;
}

/// A TCP socket of the container's network, not connected.
Result<Descriptor> socket_inside(int process, int family) {
  TRY_ASSIGN(const Descriptor user_namespace, open_part(process, "ns/user", O_RDONLY));
  TRY_ASSIGN(const Descriptor network_namespace, open_part(process, "ns/net", O_RDONLY));
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return system_error("look into a container", errno);
  const Descriptor ours(ends[0]);
  Descriptor theirs(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return system_error("look into a container", errno);
  if (child == 0) make_and_tell(user_namespace.get(), network_namespace.get(), family, theirs.get());
  theirs.close();
  Report report{EIO};
  iovec part{&report, sizeof report};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t count = 0;
  while ((count = ::recvmsg(ours.get(), &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {}
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  Descriptor made;
  if (const cmsghdr* header = CMSG_FIRSTHDR(&message); count > 0 && header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(header), sizeof number);
    made = Descriptor(number);
  }
  if (!made.open()) return system_error("enter a container's network", count == static_cast<ssize_t>(sizeof report) ? report.number : EIO);
  return made;
}

/// Whether the socket's connection to the address is accepted.
bool connects(const Descriptor& client, const sockaddr* address, socklen_t size) {
  ::setsockopt(client.get(), SOL_SOCKET, SO_SNDTIMEO, &connect_patience, sizeof connect_patience);
  return ::connect(client.get(), address, size) == 0;
}

size_t on_body(char* data, size_t, size_t size, void* user) {
  auto& body = *static_cast<std::string*>(user);
  body.append(data, std::min(size, max_body - std::min(max_body, body.size())));
  return size;
}
size_t on_header(char* data, size_t, size_t size, void* user) {
  auto& headers = static_cast<InsideAnswer*>(user)->headers;
  const auto [name, value] = cut(trim({data, size}), ':');
  // A line that is no header is a status; those before the last one are of answers that led on.
  if (name.starts_with("HTTP/") && name.find(' ') != std::string_view::npos) headers.clear();
  if (name.empty() || headers.size() >= max_headers || name.starts_with("HTTP/")) return size;
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  headers.emplace(std::move(lower), trim(value));
  return size;
}
/// libcurl asks for a socket, and closes it, too.
curl_socket_t on_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto made = socket_inside(*static_cast<const int*>(user), address->family);
  return made ? made->release() : CURL_SOCKET_BAD;
}

}  // namespace

Result<bool> Inside::answers(std::uint16_t port) const {
  TRY_ASSIGN(const Descriptor four, socket_inside(process_, AF_INET));
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connects(four, reinterpret_cast<const sockaddr*>(&v4), sizeof v4)) return true;
  const auto six = socket_inside(process_, AF_INET6);  // a machine may have none
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_loopback;
  return six && connects(*six, reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
}

Result<std::vector<std::uint16_t>> Inside::listening() const {
  std::vector<std::uint16_t> out;
  for (const char* part : {"net/tcp", "net/tcp6"}) {
    const auto file = open_part(process_, part, O_RDONLY);
    if (!file && std::string_view(part) == "net/tcp6") continue;  // a machine without IPv6
    if (!file) return std::unexpected(file.error());
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t count = ::read(file->get(), buffer.data(), buffer.size());
      if (count < 0) return system_error("look into a container", errno);
      if (count == 0 || text.size() > max_body) break;
      text.append(buffer.data(), static_cast<size_t>(count));
    }
    // proc_pid_net(5): `0: 0100007F:1F90 00000000:0000 0A ...`, where 0A is TCP_LISTEN.
    for (const std::string_view line : split(text, '\n')) {
      unsigned port = 0, state = 0;
      if (std::sscanf(std::string(line).c_str(), " %*u: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &port, &state) == 2 && state == 0x0a) out.push_back(static_cast<std::uint16_t>(port));
    }
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

Result<std::vector<InsideProcess>> Inside::processes() const {
  const auto space_of = [](int process) {
    std::array<char, 64> link{};
    const ssize_t count = ::readlink(fmt::format("/proc/{}/ns/pid", process).c_str(), link.data(), link.size());
    return std::string(link.data(), static_cast<size_t>(std::max<ssize_t>(count, 0)));
  };
  const std::string space = space_of(process_);
  if (space.empty()) return system_error("look into a container", errno == ENOENT ? ESRCH : errno);
  std::vector<InsideProcess> out;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    InsideProcess each;
    const std::string number = entry.path().filename().string();
    if (std::from_chars(number.data(), number.data() + number.size(), each.id).ec != std::errc{} || space_of(each.id) != space) continue;
    const auto file = open_part(each.id, "status", O_RDONLY);
    if (!file) continue;
    std::array<char, 8192> buffer;
    const ssize_t count = ::read(file->get(), buffer.data(), buffer.size());
    // proc_pid_status(5): of four numbers the second is the effective one.
    bool whole = false;
    for (const std::string_view line : split(std::string_view(buffer.data(), static_cast<size_t>(std::max<ssize_t>(count, 0))), '\n')) {
      const std::string text(line);
      if (line.starts_with("Name:")) each.name = trim(line.substr(5));
      else if (line.starts_with("Uid:")) std::sscanf(text.c_str(), "Uid: %*u %u", &each.uid);
      else if (line.starts_with("Gid:")) std::sscanf(text.c_str(), "Gid: %*u %u", &each.gid);
      else if (line.starts_with("CapEff:")) whole = std::sscanf(text.c_str(), "CapEff: %" SCNx64, &each.capabilities) == 1;
    }
    if (whole) out.push_back(std::move(each));
  }
  std::ranges::sort(out, {}, &InsideProcess::id);
  return out;
}

Result<bool> Inside::has(const std::string& path) const {
  TRY_ASSIGN(const Descriptor root, open_part(process_, "root", O_PATH | O_DIRECTORY));
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  const Descriptor found(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
  if (found.open()) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return system_error(fmt::format("look for '{}' in a container", path), errno);
}

Result<InsideAnswer> Inside::get(const InsideQuestion& question) const {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::string url = fmt::format("{}://localhost:{}{}", question.tls ? "https" : "http", question.port, question.path);
  const std::string what = fmt::format("get '{}' in a container", url);
  CURL* const handle = started == CURLE_OK ? curl_easy_init() : nullptr;
  if (handle == nullptr) return cannot(Kind::Unavailable, what, "libcurl does not start");
  InsideAnswer answer;
  char reason[CURL_ERROR_SIZE] = "";
  int process = process_;
  curl_slist* const addresses = curl_slist_append(nullptr, fmt::format("localhost:{}:127.0.0.1,[::1]", question.port).c_str());
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(handle, CURLOPT_RESOLVE, addresses);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT, static_cast<long>(question.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "ashlar/" ASHLAR_VERSION);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, on_socket);
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, &process);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer.body);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &answer);
  if (question.roots.empty()) {
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 0L);
  } else {
    curl_blob blob{const_cast<char*>(question.roots.data()), question.roots.size(), CURL_BLOB_COPY};
    curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &blob);
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
  const CURLcode code = curl_easy_perform(handle);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(handle);
  curl_slist_free_all(addresses);
  if (code != CURLE_OK) return cannot(Kind::Unavailable, what, reason[0] == '\0' ? curl_easy_strerror(code) : reason);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace ashlar::host
