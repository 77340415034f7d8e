#include "registry_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include <fmt/format.h>

namespace ashlar::flow {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  out.sin_port = htons(static_cast<std::uint16_t>(port));
  return out;
}

std::string indented(const std::string& lines, const std::string& by) {
  std::string out;
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    out += by + lines.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return out;
}

}  // namespace

Beside::Beside(const Stage& stage, const std::string& log, Words argv) {
  std::vector<char*> words;
  for (std::string& word : argv) words.push_back(word.data());
  words.push_back(nullptr);
  Words settings;
  for (const auto& [name, value] : stage.environment) settings.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (std::string& each : settings) environment.push_back(each.data());
  environment.push_back(nullptr);
  const std::string file = (stage.folder() / log).string(), folder = stage.folder().string();
  id_ = ::fork();
  if (id_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (out < 0 || ::chdir(folder.c_str()) != 0) ::_exit(126);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execvpe(words[0], words.data(), environment.data());
  ::_exit(127);
}

Beside::~Beside() {
  if (id_ <= 0) return;
  ::kill(id_, SIGKILL);
  ::waitpid(id_, nullptr, 0);
}

bool Beside::alive() const { return id_ > 0 && ::waitpid(id_, nullptr, WNOHANG) == 0; }

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
  ::close(socket);
  return bound ? ntohs(address.sin_port) : 0;
}

bool listens(int port) {
  for (int round = 0; round < 200; ++round) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port);
    const bool there = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    if (there) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return false;
}

RegistryServer::RegistryServer(const Stage& stage, Settings settings) : stage_(stage), name_(std::move(settings.name)), port_(free_port()) {
  std::string text = fmt::format("version: 0.1\nlog: {{level: info, accesslog: {{disabled: false}}}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n  delete: {{enabled: true}}\nhttp:\n  addr: {}\n  secret: for-tests\n",
                                 (stage.folder() / name_).string(), host());
  if (!settings.tls.empty()) text += "  tls:\n" + indented(settings.tls, "    ");
  if (!settings.auth.empty()) text += "auth:\n" + indented(settings.auth, "  ");
  stage.write(name_ + ".yml", text);
  program_ = std::make_unique<Beside>(stage, name_ + ".log", Words{"docker-registry", "serve", name_ + ".yml"});
  EXPECT_TRUE(listens(port_)) << whole_log();
}

std::string RegistryServer::host() const { return fmt::format("127.0.0.1:{}", port_); }
std::string RegistryServer::whole_log() const { return stage_.read(name_ + ".log"); }

size_t RegistryServer::count(std::string_view text) const {
  const std::string log = whole_log().substr(from_);
  size_t out = 0;
  for (size_t at = 0; at < log.size();) {
    const size_t end = std::min(log.find('\n', at), log.size());
    // Each request has a line of the access log, and others of the program's.
    const std::string_view line = std::string_view(log).substr(at, end - at);
    if (line.starts_with("127.0.0.1 ") && line.find(text) != std::string_view::npos) ++out;
    at = end + 1;
  }
  return out;
}

ReferrersRegistry::ReferrersRegistry(const Stage& stage) : port_(free_port()), program_(std::make_unique<Beside>(stage, "referrers-registry.log", Words{*go_tool("ashlar-referrers-registry"), host()})) {
  EXPECT_TRUE(listens(port_)) << stage.read("referrers-registry.log");
}

std::optional<std::string> go_tool(std::string_view name) {
  const char* const home = std::getenv("HOME");
  return home == nullptr ? std::nullopt : program(fmt::format("{}/go/bin/{}", home, name));
}

void push_with_skopeo(const Stage& stage, const std::string& from, const std::string& to, const Words& more) {
  Words argv = {"skopeo", "copy", "--insecure-policy", "--all", "--preserve-digests", "--dest-tls-verify=false"};
  argv.insert(argv.end(), more.begin(), more.end());
  argv.insert(argv.end(), {from, to});
  const Ran ran = stage.run(argv);
  ASSERT_EQ(ran.code, 0) << ran.told;
}

}  // namespace ashlar::flow
