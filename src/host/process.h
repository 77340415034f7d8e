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
  std::string input;                                  ///< standard input; empty: nothing to read
  std::chrono::seconds timeout{600};
  size_t output_limit = 4 << 20;                      ///< bytes kept of each stream; what comes after is read and dropped
};

struct Outcome {
  int exit_code = 0;           ///< 128 + signal when one ended it
  bool timed_out = false;      ///< the program and those it started were killed when their time was over
  bool output_dropped = false;  ///< there was more output than `output_limit`
  std::string out, err;
};

class Processes {
 public:
  virtual ~Processes() = default;
  /// Waits for the program's end, or kills it and all of its process group when its time is over; what it left running in that group is killed too.
  /// An outcome of any exit code is a result; NotFound and Unavailable say why it did not start. Safe to call from several threads.
  virtual Result<Outcome> run(const Command& command) = 0;
  /// The program's path, by PATH and then /usr/sbin and /sbin, which the PATH of an ordinary user lacks. A name with a slash is a path.
  virtual std::optional<Path> find(std::string_view program) = 0;
};

std::unique_ptr<Processes> machine_processes();

}  // namespace ashlar::host
