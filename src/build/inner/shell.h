#pragma once
// Maintainer scripts as syntax: a strict subset of the POSIX shell (IEEE 1003.1, XCU chapter 2). Reading executes nothing.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar::build {

struct ShellNode;

/// A piece of a word.
struct ShellPart {
  enum class Kind { Text, Variable, Command, Unknown };
  Kind kind = Kind::Text;
  std::string text{};     ///< of Text itself, of Variable its name, of Unknown what it was
  bool quoted = false;
  std::string operation{};  ///< of Variable: ``, `-`, `:-`, `+`, `:+`, `=`, `:=`, `#`, `##`, `%`, `%%`
  std::vector<ShellPart> argument{};
  std::shared_ptr<const ShellNode> command{};  ///< shared: words are copied when functions are called
};
using ShellWord = std::vector<ShellPart>;

struct ShellRedirect {
  int descriptor = 1;
  std::string operation{};  ///< `<`, `>`, `>>`, `>&`, `<&`, `<<`
  ShellWord target{};
  std::shared_ptr<const ShellWord> text{};  ///< of `<<`; shared: it is read after the command it belongs to
};

/// One command, simple or compound.
struct ShellNode {
  enum class Kind { Simple, List, And, Or, Not, Pipe, If, While, Until, For, Case, Subshell, Function };
  Kind kind = Kind::Simple;
  int line = 0;
  std::vector<std::pair<std::string, ShellWord>> assignments{};  ///< of Simple
  std::vector<ShellWord> words{};  ///< of Simple; of For the list; of Case the subject
  std::string name{};              ///< of For the variable, of Function its name
  bool over_arguments = false;   ///< a For without `in`
  std::shared_ptr<const ShellNode> body{};  ///< of Function; shared with all that call it
  /// List, Pipe, And, Or: the operands. If: condition, body, condition, body, ..., else. While: condition, body. For, Subshell, Not: one.
  std::vector<ShellNode> children{};
  std::vector<std::vector<ShellWord>> patterns{};  ///< of Case: those of each child
  std::vector<ShellRedirect> redirects{};
};

/// Reads a whole script. Invalid, with the line, where it leaves the subset: background jobs, `case` fall-through, nesting over 60, over 256 KiB.
Result<ShellNode> parse_shell(std::string_view text);

}  // namespace ashlar::build
