#pragma once
// Registries of others on loopback, for flows: the distribution's docker-registry, and what stands before it.
#include <sys/types.h>

#include <memory>
#include <string>

#include "stage.h"

namespace ashlar::flow {

/// A program that runs beside a test and ends with it; its output goes to a file of the stage.
class Beside {
 public:
  Beside(const Stage& stage, const std::string& log, Words argv);
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;
  ~Beside();
  bool alive() const;

 private:
  pid_t id_ = -1;
};

/// A port of 127.0.0.1 that nobody had a moment ago.
int free_port();
/// Whether somebody listens there within ten seconds.
bool listens(int port);

/// docker-registry with its data in the stage's folder `name`. Skips nothing: ask for `docker-registry` with ASHLAR_NEED first.
class RegistryServer {
 public:
  struct Settings {
    std::string name = "registry";
    std::string auth = {};  ///< lines of YAML below `auth:`
    std::string tls = {};   ///< lines of YAML below `http: tls:`
  };
  RegistryServer(const Stage& stage, Settings settings);
  explicit RegistryServer(const Stage& stage) : RegistryServer(stage, Settings{}) {}
  /// `127.0.0.1:<port>`
  std::string host() const;
  int port() const { return port_; }
  /// `docker://127.0.0.1:<port>/<rest>`
  std::string ref(const std::string& rest) const { return "docker://" + host() + "/" + rest; }
  /// How many lines of its log hold the text.
  size_t count(std::string_view text) const;
  void forget_log() { from_ = whole_log().size(); }  ///< count() begins here

 private:
  std::string whole_log() const;
  const Stage& stage_;
  std::string name_;
  int port_;
  size_t from_ = 0;
  std::unique_ptr<Beside> program_;
};

/// A program that scripts/install-go-tools.sh builds, where it puts it; `ashlar-referrers-registry` is that of referrers_registry.go.
std::optional<std::string> go_tool(std::string_view name);

/// ashlar-referrers-registry, which keeps what it is given in memory.
class ReferrersRegistry {
 public:
  explicit ReferrersRegistry(const Stage& stage);
  /// Whether this machine has one; else the reason to skip a test.
  static bool there() { return go_tool("ashlar-referrers-registry").has_value(); }
  static constexpr const char* reason = "this machine has no registry with the API of referrers (scripts/install-go-tools.sh builds one where there is a Go)";
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string ref(const std::string& rest) const { return "docker://" + host() + "/" + rest; }
  int port() const { return port_; }

 private:
  int port_;
  std::unique_ptr<Beside> program_;
};

/// Puts an image of the stage into a registry with skopeo, digests as they are.
void push_with_skopeo(const Stage& stage, const std::string& from, const std::string& to, const Words& more = {});

}  // namespace ashlar::flow
