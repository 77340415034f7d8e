#pragma once
// A shell's text as simple commands, as far as rules need it: nothing is expanded, and what cannot be read is left out.
#include <string>
#include <string_view>
#include <vector>

namespace ashlar::workload {

struct ShellWord {
  std::string text;                  ///< without quotes and escapes
  std::size_t begin = 0, end = 0;    ///< where it stands
};
struct ShellCommand {
  std::vector<ShellWord> words;      ///< without assignments before it, keywords and what only calls it (`sudo`, `env`, `exec`, `time`)
  bool piped = false;                ///< its input is what the one before it says
  bool sudo = false;
  /// The name of what runs, without its folder; empty when there is nothing.
  std::string_view program() const;
  bool has(std::string_view word) const;
};
/// In order; time and memory in proportion to the text.
std::vector<ShellCommand> shell_commands(std::string_view text);

/// Whether a word names a shell.
bool is_shell(std::string_view program);
/// Plain words alone: no variables, quotes, redirections, lists, globs or assignments, and no built-in command: as good without a shell. Empty: it is not so.
std::vector<std::string> plain_words(std::string_view text);

}  // namespace ashlar::workload
