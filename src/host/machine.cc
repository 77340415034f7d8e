#include "host/machine.h"

#include <chrono>
#include <cstdlib>

namespace ashlar::host {
namespace {

class MachineClock final : public Clock {
 public:
  Time now() override {
    return {std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
  }
};

}  // namespace

Machine real_machine() {
  Machine machine;
  machine.files = machine_files();
  machine.processes = machine_processes();
  machine.http = machine_http();
  machine.clock = std::make_unique<MachineClock>();
  machine.environment = [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  return machine;
}

Result<Folders> folders(const Machine& machine) {
  const auto folder = [&](const char* ours, const char* xdg, const char* below_home) -> Result<Path> {
    if (const auto named = machine.environment(ours); named && !named->empty()) return Path(*named);
    if (const auto base = machine.environment(xdg); base && base->starts_with('/')) return Path(*base) / "ashlar";
    const auto home = machine.environment("HOME");
    if (!home || home->empty()) return cannot(Kind::NotFound, "find a folder to keep things in", "neither HOME nor the XDG variables are set");
    return Path(*home) / below_home / "ashlar";
  };
  Folders out;
  TRY_ASSIGN(out.cache, folder("ASHLAR_CACHE_DIR", "XDG_CACHE_HOME", ".cache"));
  TRY_ASSIGN(out.state, folder("ASHLAR_STATE_DIR", "XDG_DATA_HOME", ".local/share"));
  TRY_ASSIGN(out.config, folder("ASHLAR_CONFIG_DIR", "XDG_CONFIG_HOME", ".config"));
  return out;
}

}  // namespace ashlar::host
