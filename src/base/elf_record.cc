#include "base/elf_record.h"

#include <array>

namespace ashlar {
namespace {

/// The flags and texts of an ELF file, in the order of a record; `ElfOf` is `Elf` or `const Elf`.
template <class ElfOf>
auto flags_of(ElfOf& elf) {
  return std::array{&elf.wide, &elf.dynamic, &elf.no_default_folders, &elf.position_independent, &elf.stack_executable, &elf.writable_code, &elf.text_relocations, &elf.branch_tracking, &elf.return_protection};
}
template <class ElfOf>
auto texts_of(ElfOf& elf) {
  return std::array{&elf.interpreter, &elf.soname, &elf.rpath, &elf.runpath, &elf.build_id};
}

/// One of the first `count` values of an enumeration; the first for anything else.
template <class Value>
Value value_of(std::uint64_t number, std::uint64_t count) {
  return static_cast<Value>(number < count ? number : 0);
}

}  // namespace

void pack(Packer& to, const Elf& elf) {
  to.number(elf.type);
  to.number(elf.machine);
  std::uint64_t bits = elf.marked_program_ ? 1 : 0;
  for (const bool* const flag : flags_of(elf)) bits = bits << 1 | (*flag ? 1U : 0U);
  to.number(bits);
  to.number(elf.entry);
  to.number(static_cast<std::uint64_t>(elf.relro));
  to.number(static_cast<std::uint64_t>(elf.stack_protector));
  to.number(static_cast<std::uint64_t>(elf.fortified));
  for (const std::string* const text : texts_of(elf)) to.text(*text);
  to.texts(elf.needed);
}

Elf unpack_elf(Unpacker& from) {
  Elf out;
  out.type = static_cast<std::uint16_t>(from.number());
  out.machine = static_cast<std::uint16_t>(from.number());
  std::uint64_t bits = from.number();
  const auto flags = flags_of(out);
  for (auto flag = flags.rbegin(); flag != flags.rend(); ++flag, bits >>= 1) **flag = (bits & 1) != 0;
  out.marked_program_ = (bits & 1) != 0;
  out.entry = from.number();
  out.relro = value_of<Elf::Relro>(from.number(), 3);
  out.stack_protector = value_of<Elf::Answer>(from.number(), 3);
  out.fortified = value_of<Elf::Answer>(from.number(), 3);
  for (std::string* const text : texts_of(out)) *text = from.text();
  out.needed = from.texts();
  return out;
}

}  // namespace ashlar
