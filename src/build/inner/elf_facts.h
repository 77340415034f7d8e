#pragma once
// The little that the tree needs to know of an ELF file (System V ABI, chapters 4 and 5).
#include <string>

#include "base/bytes.h"

namespace ashlar::build {

bool is_elf(BytesView front);
/// DT_SONAME of a whole shared object of either class and byte order little-endian; empty when it has none or is no sound ELF file.
std::string elf_soname(BytesView file);

}  // namespace ashlar::build
