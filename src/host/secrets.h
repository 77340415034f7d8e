#pragma once
// What must stay secret where it meets the machine: asked for on the terminal, read from a descriptor, written for its owner alone.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "host/files.h"

namespace ashlar::host {

class Secrets {
 public:
  virtual ~Secrets() = default;
  /// Asks the person at the terminal, whatever the standard streams are, and shows nothing of what is typed. Unavailable when there is no terminal.
  virtual Result<Secret> ask(std::string_view prompt) = 0;
  /// The first line of what an open descriptor gives, without its end. Invalid when it is not open, or gives more than 64 KiB.
  virtual Result<Secret> read(int descriptor) = 0;
  /// Writes a file with mode 0600 from its first byte on, in one step. Conflict when one is there and `replace` does not say that it may go.
  virtual Done write(const Path& path, const Secret& content, bool replace) = 0;
};

std::unique_ptr<Secrets> machine_secrets();

/// A stand-in for tests: what a person would type, in turn, and what was asked and written.
class MemorySecrets final : public Secrets {
 public:
  Result<Secret> ask(std::string_view prompt) override;
  Result<Secret> read(int descriptor) override;
  Done write(const Path& path, const Secret& content, bool replace) override;

  std::vector<std::string> typed;             ///< none left: there is no terminal
  std::map<int, std::string> descriptors;
  std::vector<std::string> prompts;           ///< what was asked
  std::map<std::string, std::string> files;   ///< what was written, by path
};

}  // namespace ashlar::host
