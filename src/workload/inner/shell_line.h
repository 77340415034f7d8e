#pragma once
// What a shell would run of a RUN, CMD or ENTRYPOINT: commands with their words, each with its place. It reads what Dockerfiles have, and says where it gives up.
#include <string>
#include <string_view>
#include <vector>

#include "workload/traced.h"

namespace ashlar::workload {

struct LineWord {
  std::string value;       ///< quotes and escapes taken away; variables as written
  size_t begin = 0, end = 0;  ///< in the line
  bool plain = true;       ///< nothing in it that a shell would expand: no variable, command, glob or tilde
  bool variables_only = true;  ///< what it would expand are variables
};

struct LineCommand {
  std::string before;      ///< what stands before it: `&&`, `||`, `;`, `|`, `&`, a line end, or nothing
  size_t begin = 0, end = 0;  ///< in the line, without what stands around it
  size_t separator = 0;    ///< where `before` begins
  std::vector<LineWord> words;  ///< without assignments before it and redirections
  std::vector<LineWord> assignments;
  std::vector<LineWord> targets;  ///< of `>` and `>>`
  bool nested = false;     ///< within if, for, while, case, a group or a subshell
  bool odd = false;        ///< redirected, or with something else that a plain command has not
  const std::string& program() const;
};

struct ShellLine {
  std::vector<LineCommand> commands;
  bool good = true;        ///< false: a quote that does not end, or a form that this reader has not
  /// One command and nothing around it.
  bool single() const { return good && commands.size() == 1 && !commands[0].odd && !commands[0].nested && commands[0].assignments.empty(); }
};

ShellLine read_shell_line(std::string_view line);

}  // namespace ashlar::workload
