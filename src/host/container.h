#pragma once
// A running container, looked at from outside through the namespaces of one of its processes.
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace ashlar::host {

/// What is asked of a server inside: `GET path`, of localhost.
struct InsideQuestion {
  std::uint16_t port = 0;
  std::string path = "/";
  bool tls = false;
  std::string roots;  ///< with tls: PEM certificates, the only ones believed; empty: any certificate is taken
  std::chrono::seconds timeout{10};
};
struct InsideAnswer {
  int status = 0;
  std::string body;  ///< of any status; its first MiB
  std::multimap<std::string, std::string> headers{};  ///< by name in small letters; the first 256
};

/// A process of the container, by its numbers on this machine.
struct InsideProcess {
  int id = 0;
  std::string name;                    ///< the first 15 bytes of its program's (proc_pid_comm(5))
  std::uint32_t uid = 0, gid = 0;      ///< effective
  std::uint64_t capabilities = 0;      ///< effective, a bit each (capabilities(7))
};

/// Works for root, and for an ordinary user whose container has a user namespace of his own. The process must live while this is asked; Unavailable when
/// it is gone or its namespaces are shut to us.
class Inside {
 public:
  explicit Inside(int process) : process_(process) {}
  /// Whether a connection to the port is accepted on the container's loopback (127.0.0.1, else ::1).
  Result<bool> answers(std::uint16_t port) const;
  /// TCP ports on which something in the container takes connections, sorted.
  Result<std::vector<std::uint16_t>> listening() const;
  /// The processes of the container's process namespace, by their numbers; those that end meanwhile are left out.
  Result<std::vector<InsideProcess>> processes() const;
  /// Whether the absolute path exists in the container; symlinks lead nowhere but inside.
  Result<bool> has(const std::string& path) const;
  /// An answer of any status; redirects are not followed. No answer is Unavailable.
  Result<InsideAnswer> get(const InsideQuestion& question) const;

 private:
  int process_;
};

}  // namespace ashlar::host
