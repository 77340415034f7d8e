#pragma once
// Dockerfiles, read by the grammar that BuildKit reads them by, with the place of everything.
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "workload/traced.h"

namespace ashlar::workload {

/// `--name=value` before the arguments; quotes and escapes are taken away.
struct Flag {
  std::string name;
  Traced value;
  bool has_value = false;
  Span span;
};

/// `NAME=value` of ENV, LABEL and ARG, quotes and escapes as written.
struct Assignment {
  Traced name, value;
  bool has_value = false;  ///< false: `ARG NAME`
};

struct Heredoc {
  std::string name;
  unsigned descriptor = 0;
  bool expands = true;  ///< its name is not quoted
  bool strips = false;  ///< `<<-`: tabs before each line go
  std::string content;  ///< as written, tabs and all
  Span span;            ///< of the content
};

struct Instruction {
  std::string keyword;               ///< in upper case
  Span span;                         ///< from the keyword to the end of its last line, heredocs among it
  Span keyword_span;
  std::vector<Flag> flags;
  Traced rest;                       ///< what comes after the flags, without continuations and comments
  bool exec = false;                 ///< a JSON array, whose strings are the words
  std::vector<Traced> words;         ///< the arguments; of a shell form one, of HEALTHCHECK first its type
  std::vector<Assignment> assignments;
  std::vector<Heredoc> heredocs;
  std::vector<Instruction> trigger;  ///< of ONBUILD: one
  int last_line = 0;
};

/// `# name=value` before everything else: syntax, escape or check.
struct Directive {
  std::string name;  ///< in lower case
  Traced value;
  Span span;
};

struct Stage {
  std::string name;                  ///< in lower case; empty: it has only its number
  Traced base;                       ///< as written, of its FROM
  Traced platform;                   ///< of --platform, as written; empty: none is said
  std::size_t first = 0, end = 0;    ///< its instructions: [first, end), FROM first
};

struct Dockerfile {
  char escape = '\\';
  std::vector<Directive> directives;
  std::vector<Instruction> instructions;
  std::vector<Stage> stages;
};

/// Reads at most 1 MiB. Faults (each with line, column and a hint where there is one) are of kind Invalid: what no builder would take. Never throws.
Result<Dockerfile> parse_dockerfile(std::string_view text, std::string_view path);

/// The stage that a name or number of COPY --from, --mount from or FROM means among the first `before`, or -1.
int stage_of(const Dockerfile& file, std::string_view name, std::size_t before);

}  // namespace ashlar::workload
