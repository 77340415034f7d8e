#pragma once
// What an ELF file gives to others and takes from them by name: its dynamic symbols with their versions (System V ABI, chapter 5; LSB Core, "Symbol Versioning").
#include <string>
#include <vector>

#include "base/bytes.h"

namespace ashlar {

struct ElfSymbols {
  /// A symbol that others shall give.
  struct Taken {
    std::string name, version, library;  ///< without a version, whichever is given; `library`: the DT_NEEDED whose version it is
    bool weak = false;                   ///< it may lack
    friend auto operator<=>(const Taken&, const Taken&) = default;
  };
  std::vector<std::string> gives;     ///< `name@VERSION`, or `name` where it has no version; sorted
  std::vector<Taken> takes;           ///< sorted
  std::vector<std::string> versions;  ///< that it defines, sorted; none: whoever asks for one is given what has none
};

/// Reads a whole file. Empty for a file without a dynamic section. Corrupt when a table that it names lies outside of it or a text does not end; NotFound
/// when it does not begin as an ELF file. Bounded: at most a million symbols and 65,536 versions are looked at.
Result<ElfSymbols> read_elf_symbols(BytesView file);

}  // namespace ashlar
