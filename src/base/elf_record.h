#pragma once
// What was read of an ELF file, as a part of our own binary records.
#include "base/elf.h"
#include "base/packing.h"

namespace ashlar {

/// All of it.
void pack(Packer& to, const Elf& elf);
/// What pack() wrote. Where that does not read, the unpacker is no longer sound.
Elf unpack_elf(Unpacker& from);

}  // namespace ashlar
