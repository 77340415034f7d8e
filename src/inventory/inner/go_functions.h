#pragma once
// Names of the functions that a Go program holds: its table of program counters stays when it is stripped (src/debug/gosym of Go).
#include <string>
#include <vector>

#include "inventory/inner/elf_file.h"

namespace ashlar::inventory {

/// Names as the linker has them, those of inlined functions too as far as an instruction is left that is theirs alone; empty when no table is found,
/// Corrupt when it is damaged or has more than 64 MiB of names.
Result<std::vector<std::string>> go_functions(const ElfFile& elf);

/// `import/path` and `Type.Method` or `Function` of a linker's name, closures named as what they stand in and without type arguments; both
/// empty where it is no function of a package (`type:.eq.x`, `go:buildid`).
std::pair<std::string, std::string> go_symbol(std::string_view name);

}  // namespace ashlar::inventory
