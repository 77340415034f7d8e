#pragma once
// Python's modules compiled, where a definition asks for it with `bytecode: true` (docs/formats/effects.md).
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "build/inner/tree.h"
#include "host/machine.h"
#include "plan/definition.h"

namespace ashlar::build {

struct BytecodeRequest {
  const plan::Definition& definition;
  const std::vector<Part>& parts;
  std::string architecture;  ///< dpkg's
  host::Path recorded;       ///< `<definition>.effects.json`
  host::Path scratch;        ///< a folder for the tree in which Python runs
  bool run = false;          ///< what is not recorded is compiled in a sandbox, and goes into `recorded`
};

/// What compiling is recorded as: a script of the package that has Python.
inline constexpr std::string_view bytecode_script = "bytecode";

/// SHA-256 of the program that compiles: `sha256` of a record.
std::string compiler_digest();

/// Whether the file is a module that may be imported: `.py`, and no command or setting.
bool is_module(std::string_view path);

/// A `.pyc` beside every module of the image, with the module's hash in it in the place of its time (PEP 552, checked): the same bytes every time, and
/// one whose module changes is not used. Each is taken from the record when that has the module's bytes for this version of Python; such are the same on
/// every architecture. What is not recorded is compiled by the image's own Python where that runs here and `run` is set. Invalid, with the place in the
/// definition, when the image has no Python or modules are left; of another architecture than this machine's, modules that only it has stay as they are.
Done add_bytecode(Tree& tree, const BytecodeRequest& request, host::Machine& machine, Progress& progress);

}  // namespace ashlar::build
