#pragma once
// What an ELF file says of itself to whoever loads it, and how it was hardened (System V ABI, chapters 4 and 5; Linux extensions in glibc's elf.h).
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace ashlar {

class Packer;
class Unpacker;

struct Elf {
  enum class Relro : std::uint8_t { None, Partial, Full };  ///< full: bound at load time, too
  enum class Answer : std::uint8_t { No, Yes, Unknown };    ///< unknown: the file keeps no names from which one could tell

  std::uint16_t type = 0;      ///< ET_REL 1, ET_EXEC 2, ET_DYN 3, ET_CORE 4
  std::uint16_t machine = 0;   ///< EM_386 3, EM_ARM 40, EM_X86_64 62, EM_AARCH64 183, EM_RISCV 243, ...
  bool wide = false;           ///< 64 bits
  bool dynamic = false;        ///< has a dynamic section
  std::uint64_t entry = 0;

  std::string interpreter;     ///< PT_INTERP
  std::string soname, rpath, runpath;
  std::vector<std::string> needed;
  bool no_default_folders = false;  ///< DF_1_NODEFLIB
  std::string build_id;        ///< hex digits, or empty

  bool position_independent = false;
  Relro relro = Relro::None;
  bool stack_executable = false;    ///< PT_GNU_STACK says so, or lacks where the kernel then makes it so
  bool writable_code = false;       ///< a segment that is both writable and executable
  bool text_relocations = false;    ///< DT_TEXTREL or DF_TEXTREL
  Answer stack_protector = Answer::Unknown, fortified = Answer::Unknown;
  bool branch_tracking = false;     ///< CET's IBT on x86, BTI on arm64
  bool return_protection = false;   ///< CET's shadow stack on x86, PAC on arm64

  /// What a kernel can start: not a library, object file or core. An interpreter of its own, no place in memory of its own, or a mark of the linker.
  bool program() const;
  bool operator==(const Elf&) const = default;

 private:
  friend class ElfReader;
  friend void pack(Packer& to, const Elf& elf);
  friend Elf unpack_elf(Unpacker& from);
  bool marked_program_ = false;  // DF_1_PIE
};

bool is_elf(BytesView front);
/// Reads a whole file of either class and byte order. Corrupt when a table that it names lies outside of it or a text does not end; NotFound when it
/// does not begin as an ELF file. Bounded: at most 65,535 segments, 65,536 dynamic entries and 4,096 libraries are looked at.
Result<Elf> read_elf(BytesView file);
/// DT_SONAME of a whole shared object; empty when it has none or is no sound ELF file.
std::string elf_soname(BytesView file);

}  // namespace ashlar
