#pragma once
// For tests: the forges and the webhook of tests/flow/forge_server.py, on a port of 127.0.0.1, with what they were asked.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/schema_trial.h"
#include "base/text.h"
#include "forge/target.h"
#include "host/http.h"

namespace ashlar::forge {

class StandIn {
 public:
  static constexpr const char *token = "token-of-the-tests", *secret = "secret-of-the-tests";

  explicit StandIn(const std::filesystem::path& folder) : log_(folder / "requests.log"), port_(free_port()) {
    const std::string script = ASHLAR_SOURCE_DIR "/tests/flow/forge_server.py", number = std::to_string(port_), errors = (folder / "server.log").string();
    id_ = ::fork();
    if (id_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int out = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
      ::dup2(out, 1);
      ::dup2(out, 2);
      ::execlp("python3", "python3", script.c_str(), number.c_str(), log_.c_str(), nullptr);
      ::_exit(127);
    }
    // A machine may be slow; one without python3 ends the child at once.
    for (int round = 0; round < 1200 && !started_; ++round) {
      started_ = there();
      if (!started_ && ::waitpid(id_, nullptr, WNOHANG) == id_) {
        id_ = -1;
        return;
      }
      if (!started_) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;
  ~StandIn() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }

  bool started() const { return started_; }
  static constexpr const char* reason = "this machine has no python3";

  std::string url(const std::string& path = {}) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }

  /// A target at this server: its name is its kind's.
  TargetSettings settings(TargetKind kind, const std::string& project = "team/images") const {
    TargetSettings out{std::string(to_string(kind)), kind, {}, {}, "FORGE_TOKEN", {}, {}};
    if (kind == TargetKind::Webhook) return out.url = url("/hook"), out.variable = "HOOK_SECRET", out;
    out.url = url(kind == TargetKind::GitHub ? "/github" : "/gitlab/api/v4");
    out.project = project;
    out.labels = {"ashlar", "security"};
    return out;
  }
  Target target(TargetKind kind, const std::string& project = "team/images") const { return {settings(kind, project), Secret::copy_of(kind == TargetKind::Webhook ? secret : token)}; }

  Json ask(const std::string& path, const Json& body = nullptr) const {
    host::HttpRequest request;
    request.url = url(path);
    const std::string text = to_compact(body);
    request.method = "POST";
    request.headers["content-type"] = "application/json";
    request.body = {text.size(), [&]() -> Result<std::unique_ptr<Source>> { return std::make_unique<MemorySource>(as_bytes(text)); }};
    MemorySink sink;
    const auto answer = host::machine_http()->send(request, sink);
    return answer && answer->status == 200 ? Json::parse(as_text(sink.bytes)) : Json(nullptr);
  }
  Json state() const { return ask("/_state"); }
  /// The tickets of a project.
  Json tickets(const std::string& project = "team/images") const { return state()["tickets"].value(project, Json::array()); }
  void fault(const Json& faults) const { ask("/_faults", faults); }

  /// What was asked, a line each, from the start.
  std::vector<Json> requests() const {
    std::vector<Json> out;
    std::ifstream file(log_, std::ios::binary);
    for (std::string line; std::getline(file, line);) out.push_back(Json::parse(line));
    return out;
  }
  size_t count(const std::string& operation) const {
    size_t out = 0;
    for (const Json& each : requests()) out += each["operation"] == operation ? 1 : 0;
    return out;
  }

  /// Every request that carries something fits the published schema of its operation; and nothing was asked that no API has. Lines of what does not hold.
  std::string misfits() const {
    std::string out;
#ifdef ASHLAR_WITH_VALIJSON
    for (const Json& each : requests()) {
      const std::string operation = each["operation"], path = each["path"];
      if (operation == "none" && each["status"] != 401) out += "no operation: " + path + "\n";
      if (operation == "none" || operation == "fault" || each["method"] == "GET") continue;
      std::string file = operation;
      for (char& c : file) c = c == '/' ? '-' : c;
      const SchemaTrial schema(std::string(ASHLAR_SOURCE_DIR "/tests/data/forge/") + (path.starts_with("/github") ? "github/" : path.starts_with("/gitlab") ? "gitlab/" : "webhook/") + file + ".schema.json");
      std::string why;
      if (!schema.takes(nlohmann::json::parse(each["body"].get<std::string>()), &why)) out += operation + ": " + each["body"].get<std::string>().substr(0, 300) + "\n" + why;
    }
#endif
    return out;
  }

 private:
  static int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = at(0);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool bound = ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
    ::close(socket);
    return bound ? ntohs(address.sin_port) : 0;
  }
  static sockaddr_in at(int port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(static_cast<std::uint16_t>(port));
    return out;
  }
  bool there() const {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = at(port_);
    const bool out = ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return out;
  }

  std::filesystem::path log_;
  int port_;
  pid_t id_ = -1;
  bool started_ = false;
};

}  // namespace ashlar::forge
