#pragma once
// The program's command line as a whole: verbs with the options that all of them take.
#include <memory>
#include <string>
#include <vector>

#include "cli/verb.h"

namespace CLI {
class App;
}

namespace ashlar::cli {

/// Options that every verb takes.
struct Globals {
  std::string format, output, config;
  bool quiet = false, verbose = false, no_color = false, plain_http = false;
};

/// The command line, ready to parse. Owns the options that the verbs' actions read.
struct CommandLine {
  std::unique_ptr<CLI::App> app;
  std::unique_ptr<Globals> globals;
  std::vector<std::pair<CLI::App*, Action>> actions;  ///< of each verb, in the order of verbs()
  CommandLine();
  /// For a call of one verb: the others have their names alone, for declaring all costs more than many a verb.
  explicit CommandLine(std::string_view verb);
  ~CommandLine();
};

/// A man page (man(7)) of the program, or of the verb with that name.
std::string man_page(const CommandLine& line, std::string_view verb);
/// A completion script for `bash`, `zsh` or `fish`.
Result<std::string> completions(const CommandLine& line, std::string_view shell);

}  // namespace ashlar::cli
