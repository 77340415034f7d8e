#pragma once
// The machine we run on, as one value to hand down: every effect goes through it.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "host/files.h"
#include "host/http.h"
#include "host/process.h"

namespace ashlar::host {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() = 0;
};

struct Machine {
  std::unique_ptr<Files> files;
  std::unique_ptr<Processes> processes;
  std::unique_ptr<Http> http;
  std::unique_ptr<Clock> clock;
  std::function<std::optional<std::string>(const std::string&)> environment;
};

Machine real_machine();

/// Where things are kept (XDG Base Directory Specification): `$XDG_CACHE_HOME/ashlar` (safe to delete), `$XDG_DATA_HOME/ashlar` (state),
/// `$XDG_CONFIG_HOME/ashlar`.
struct Folders {
  Path cache, state, config;
};
Result<Folders> folders(const Machine& machine);

}  // namespace ashlar::host
