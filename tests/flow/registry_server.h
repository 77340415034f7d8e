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

/// The program of referrers_registry.go, where scripts/install-needs.sh puts it.
std::optional<std::string> referrers_registry();

/// Puts an image of the stage into a registry with skopeo, digests as they are.
void push_with_skopeo(const Stage& stage, const std::string& from, const std::string& to, const Words& more = {});

}  // namespace ashlar::flow
