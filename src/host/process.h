#pragma once
// Other programs, run to their end.
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/files.h"

namespace ashlar::host {

struct Command {
  std::vector<std::string> argv;                      ///< argv[0] is looked up in PATH when it has no slash
  std::optional<std::map<std::string, std::string>> environment;  ///< absent: ours
  Path folder;                                        ///< empty: ours
  std::string input;                                  ///< standard input
  std::chrono::seconds timeout{600};
  size_t output_limit = 4 << 20;                      ///< kept of each stream; what comes after is dropped and said
};

struct Outcome {
  int exit_code = 0;  ///< 128 + signal when one ended it
  bool timed_out = false;
  std::string out, err;
};

class Processes {
 public:
  virtual ~Processes() = default;
  virtual Result<Outcome> run(const Command& command) = 0;
  /// The program's path, by PATH.
  virtual std::optional<Path> find(std::string_view program) = 0;
};

std::unique_ptr<Processes> machine_processes();

}  // namespace ashlar::host
