#pragma once
// How the distribution builds its own programs: what an image's are held against (docs/formats/checks.md, `elf-hardening`).
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/elf.h"
#include "base/json.h"

namespace ashlar::prove {

/// How one ELF file is hardened.
struct Hardening {
  bool pie = false;             ///< programs: loaded anywhere; libraries always are
  Elf::Relro relro = Elf::Relro::None;
  bool nx = false;              ///< no executable stack, no segment both writable and executable
  bool no_text_relocations = false;
  Elf::Answer stack_protector = Elf::Answer::Unknown, fortify = Elf::Answer::Unknown;
  bool branch_tracking = false, return_protection = false;
  friend bool operator==(const Hardening&, const Hardening&) = default;
};
Hardening hardening_of(const Elf& elf);
/// `pie, full relro, nx, stack protector, fortify, cet`, and `no ...` for what lacks.
std::string to_string(const Hardening& hardening);
/// What `image` lacks that `recorded` has, in words; empty where it is as good.
std::string worse(const Hardening& image, const Hardening& recorded);

/// Recorded by scripts/elf-baseline.sh from the packages themselves, by Debian's architecture and path.
struct Baseline {
  std::string distribution;
  struct Row { std::string package; Hardening hardening; };
  std::map<std::string, std::map<std::string, Row, std::less<>>, std::less<>> files;  ///< architecture, path in the package

  /// The row of a path, /usr merged or not; of a library whose version moved on (`libx.so.1.2.3`), that of its predecessor.
  const Row* find(std::string_view architecture, std::string_view path) const;
};

/// Adds every ELF file of a binary package, from its .deb; `what` names it in errors.
Done record_package(std::unique_ptr<Source> deb, const std::string& what, Baseline& baseline);

Result<Baseline> read_baseline(std::string_view text, std::string_view path);
/// Compact: files of a package that are hardened alike stand together.
std::string to_text(const Baseline& baseline);

}  // namespace ashlar::prove
