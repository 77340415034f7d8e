#pragma once
// ELF files for tests: everything that loaders and checks read, and nothing to run.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace ashlar::prove {

struct SmallElf {
  std::uint16_t type = 3, machine = 62;  ///< ET_DYN, x86-64
  std::string interpreter = "/lib64/ld-linux-x86-64.so.2";
  std::string soname{}, rpath{}, runpath{};
  std::vector<std::string> needed{"libc.so.6"};
  std::vector<std::string> names{"__stack_chk_fail", "__memcpy_chk"};  ///< of functions that it calls
  bool pie = true, relro = true, now = true, stack_executable = false, writable_code = false, text_relocations = false, properties = true;
  std::string content{};                 ///< stands behind everything else

  std::string bytes() const;
};

/// A library as distributions build them.
inline SmallElf small_library(std::string soname) {
  SmallElf out;
  out.interpreter.clear();
  out.soname = std::move(soname);
  out.pie = false;
  return out;
}

inline std::string SmallElf::bytes() const {
  const auto put = [](std::string& out, std::uint64_t value, int width) {
    for (int shift = 0; shift < 8 * width; shift += 8) out += static_cast<char>(value >> shift);
  };
  std::string strings(1, '\0');
  const auto name = [&](const std::string& text) {
    const size_t at = strings.size();
    strings += text;
    strings += '\0';
    return at;
  };
  std::vector<std::pair<std::uint64_t, std::uint64_t>> dynamic;
  for (const std::string& each : needed) dynamic.emplace_back(1, name(each));
  if (!soname.empty()) dynamic.emplace_back(14, name(soname));
  if (!rpath.empty()) dynamic.emplace_back(15, name(rpath));
  if (!runpath.empty()) dynamic.emplace_back(29, name(runpath));
  for (const std::string& each : names) name(each);
  if (now) dynamic.emplace_back(30, 8);
  if (text_relocations) dynamic.emplace_back(22, 0);
  dynamic.emplace_back(0x6ffffffb, (now ? 1 : 0) | (pie ? 0x08000000u : 0));

  std::string note;  // NT_GNU_PROPERTY_TYPE_0 with IBT and SHSTK
  for (const std::uint64_t each : {std::uint64_t{4}, std::uint64_t{16}, std::uint64_t{5}}) put(note, each, 4);
  note += std::string("GNU\0", 4);
  for (const std::uint64_t each : {std::uint64_t{0xc0000002}, std::uint64_t{4}, std::uint64_t{3}, std::uint64_t{0}}) put(note, each, 4);

  const size_t head = 64 + 7 * 56;
  const size_t at_strings = head, at_interpreter = at_strings + strings.size(), at_note = (at_interpreter + interpreter.size() + 1 + 7) / 8 * 8,
               at_dynamic = at_note + note.size(), size_dynamic = needed.empty() && soname.empty() ? 0 : (dynamic.size() + 3) * 16;
  dynamic.emplace_back(5, at_strings);
  dynamic.emplace_back(10, strings.size());
  dynamic.emplace_back(0, 0);

  std::string out("\177ELF\2\1\1", 7);
  out.resize(16);
  put(out, type, 2), put(out, machine, 2), put(out, 1, 4), put(out, head, 8), put(out, 64, 8), put(out, 0, 8), put(out, 0, 4);
  put(out, 64, 2), put(out, 56, 2), put(out, 7, 2), put(out, 64, 2), put(out, 0, 2), put(out, 0, 2);
  const auto segment = [&](std::uint64_t kind, std::uint64_t flags, std::uint64_t at, std::uint64_t size) {
    put(out, kind, 4), put(out, flags, 4);
    for (const std::uint64_t each : {at, at, at, size, size, std::uint64_t{8}}) put(out, each, 8);
  };
  const size_t end = at_dynamic + size_dynamic;
  segment(1, writable_code ? 7 : 5, 0, end);
  segment(interpreter.empty() ? 0 : 3, 4, at_interpreter, interpreter.size() + 1);
  segment(size_dynamic == 0 ? 0 : 2, 6, at_dynamic, size_dynamic);
  segment(0x6474e551, stack_executable ? 7 : 6, 0, 0);
  segment(relro ? 0x6474e552 : 0, 4, at_dynamic, size_dynamic);
  segment(properties ? 0x6474e553 : 0, 4, at_note, note.size());
  segment(0, 0, 0, 0);
  out += strings + interpreter + '\0';
  out.resize(at_note);
  out += note;
  for (const auto& [tag, value] : dynamic) {
    if (size_dynamic != 0) put(out, tag, 8), put(out, value, 8);
  }
  return out + content;
}

}  // namespace ashlar::prove
