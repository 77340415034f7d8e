#pragma once
// One instruction by its grammar, and the stages that instructions make.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workload/dockerfile.h"

namespace ashlar::workload {

/// What reading instructions shares.
struct Grammar {
  std::string_view path;
  const Lines& lines;
  std::vector<Fault> faults;
  char escape;
  void fault(const Span& span, std::string message, std::string hint = {});
};

/// Of a whole line, continuations taken out; nothing, and a fault, where it is no instruction.
std::optional<Instruction> read_instruction(const Traced& line, Grammar& grammar);

/// Checks the order of instructions and fills the stages.
void find_stages(Dockerfile& file, Grammar& grammar);

}  // namespace ashlar::workload
