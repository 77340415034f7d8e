#pragma once
// What one look at a file's bytes tells.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/elf.h"
#include "base/elf_symbols.h"
#include "inventory/contents.h"

namespace ashlar::prove {

/// What a program is, seen on its bytes: `shell`, `perl`, `dpkg`, ...; `inside` names the member of an archive that it is, `a.jar!/bin/x`, or is empty.
struct Trait {
  enum class Kind { Interpreter, PackageManager, Hidden };  ///< hidden: packed or encrypted, so that nobody sees what it is
  Kind kind = Kind::Interpreter;
  std::string family;  ///< `shell`, `python`, ...
  std::string why, inside;
};

/// Something that opens a door elsewhere.
struct Secret {
  std::string what, inside;
  size_t line = 0;  ///< from 1; 0: in no text
};

struct FileFacts {
  std::unique_ptr<Elf> elf;      ///< of a sound ELF file
  std::unique_ptr<ElfSymbols> symbols;  ///< of the same; empty where its tables of them are damaged: it gives nothing
  std::string elf_fault;         ///< why a file that begins as one is none
  bool time_zone = false;        ///< TZif (RFC 8536)
  std::string script;            ///< of a text that begins with `#!`: what starts it, with its argument
  std::vector<Trait> traits;
  std::vector<Secret> secrets;
  std::vector<std::string> unjudged;  ///< what could not be looked into, and why

  bool empty() const { return !elf && elf_fault.empty() && !time_zone && script.empty() && traits.empty() && secrets.empty() && unjudged.empty(); }
};
using FactsByPlace = std::map<inventory::Place, FileFacts>;

}  // namespace ashlar::prove
