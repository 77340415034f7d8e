#include "inventory/ecosystems.h"

#include <fmt/format.h>

#include "inventory/inner/readers.h"

namespace ashlar::inventory {
namespace {

constexpr Ecosystem table[] = {
    {"dpkg", "packages of the Debian family, also in images without dpkg", wants_dpkg, read_dpkg, nullptr, true, true},
    {"apk", "packages of the Alpine family", wants_apk, read_apk, nullptr, true, true},
    {"rpm", "packages of the Fedora and SUSE families", wants_rpm, read_rpm, settle_rpm, true, true},
    {"python", "what pip and its like have installed, eggs and wheels", wants_python, read_python, settle_python},
    {"npm", "packages as node finds them, and what is only locked", wants_npm, read_npm, settle_npm},
    {"go", "modules that are linked into a program, and Go itself", wants_go, read_go, nullptr, false},
    {"java", "jar, war and ear files, also nested and shaded", wants_java, read_java, nullptr, false},
    {"rust", "crates that cargo-auditable lists in a program", wants_rust, read_rust, nullptr, false},
    {"gem", "gems, by the names of their specifications", wants_gem, read_gem},
    {"composer", "packages as Composer has installed them", wants_composer, read_composer},
    {"nuget", "packages that a program of .NET depends on", wants_nuget, read_nuget},
    {"hex", "applications of Erlang and Elixir", wants_hex, read_hex},
    {"conda", "packages as Conda has installed them", wants_conda, read_conda},
    {"cran", "packages of R in its libraries", wants_cran, read_cran},
    {"elf-note", "packages that programs and libraries name in a note", wants_elf_note, read_elf_note, settle_elf_note, false},
    {"version-records", "what else says which versions of packages are installed: changelogs, logs, lists", wants_version_records, read_version_records},
    {"sbom", "documents that claim what is in the image", wants_sbom, read_sbom},
};

}  // namespace

Result<Bytes> read_range(const host::ReadFile& file, std::uint64_t offset, std::uint64_t size, std::uint64_t limit) {
  if (size > limit) return fail(Kind::Corrupt, fmt::format("a part of it has {} bytes, more than {}", size, limit));
  if (offset > file.size() || size > file.size() - offset) return fail(Kind::Corrupt, "it ends before a part that it names");
  Bytes out(size);
  for (size_t at = 0; at < out.size();) {
    TRY_ASSIGN(const size_t count, file.read_at(offset + at, std::span(out).subspan(at)));
    if (count == 0) return fail(Kind::Corrupt, "it ends before its size");
    at += count;
  }
  return out;
}

std::span<const Ecosystem> ecosystems() { return table; }

}  // namespace ashlar::inventory
