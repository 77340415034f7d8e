#pragma once
// Commands of which nobody here knows what they write: programs and scripts of the team's own, interpreters, installers.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/inner/shell_line.h"

namespace ashlar::workload {

struct UnknownWriter {
  std::string what;                    ///< the command's first words
  std::vector<std::string> outputs;    ///< absolute paths that its options name as what it makes
  std::vector<std::string> named;      ///< other absolute paths among its words
};
/// `words`: without `sudo` and its like before them. Nothing: what it writes is known, lies where it runs, or is nothing.
std::optional<UnknownWriter> unknown_writer(const std::vector<const LineWord*>& words);

/// Absolute paths in a text of any language, in order, each once.
std::vector<std::string> absolute_paths(std::string_view text);

}  // namespace ashlar::workload
