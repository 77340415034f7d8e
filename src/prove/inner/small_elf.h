#pragma once
// ELF files for tests: everything that loaders and checks read, and nothing to run.
#include <map>
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
  std::vector<std::string> gives{};      ///< dynamic symbols: `name`, `name@VERSION`
  std::vector<std::string> takes{};      ///< `name`, `name@VERSION@LIBRARY`
  std::string content{};                 ///< stands behind everything else

  std::string bytes() const;
};

inline void put_number(std::string& out, std::uint64_t value, int width) {
  for (int shift = 0; shift < 8 * width; shift += 8) out += static_cast<char>(value >> shift);
}

/// The dynamic symbols of a SmallElf: tables for its end, with the dynamic section's words for them.
class SmallSymbols {
 public:
  /// `name` gives a text's place among the file's names.
  template <class Name>
  SmallSymbols(const SmallElf& elf, Name name) {
    put_number(symbols_, 0, 8), put_number(symbols_, 0, 8), put_number(symbols_, 0, 8);
    put_number(indexes_, 0, 2);
    std::map<std::string, unsigned> given;                             // versions, with their numbers
    std::map<std::string, std::map<std::string, unsigned>> taken;      // by library
    unsigned next = 2;
    for (const std::string& each : elf.takes) {
      const size_t at = each.find('@'), library = each.find('@', at + 1);
      unsigned index = 1;
      if (at != std::string::npos) {
        unsigned& known = taken[each.substr(library + 1)][each.substr(at + 1, library - at - 1)];
        index = known != 0 ? known : (known = next++);
      }
      add(name(each.substr(0, at)), 0, index);
    }
    for (const std::string& each : elf.gives) {
      const size_t at = each.find('@');
      unsigned index = 1;
      if (at != std::string::npos) {
        unsigned& known = given[each.substr(at + 1)];
        index = known != 0 ? known : (known = next++);
      }
      add(name(each.substr(0, at)), 12, index);
    }
    for (const auto& [version, index] : given) {
      put_number(defined_, 1, 2), put_number(defined_, 0, 2), put_number(defined_, index, 2), put_number(defined_, 1, 2), put_number(defined_, 0, 4), put_number(defined_, 20, 4);
      put_number(defined_, ++definitions_ == given.size() ? 0 : 28, 4), put_number(defined_, name(version), 4), put_number(defined_, 0, 4);
    }
    for (const auto& [library, versions] : taken) {
      put_number(needed_, 1, 2), put_number(needed_, versions.size(), 2), put_number(needed_, name(library), 4), put_number(needed_, 16, 4);
      put_number(needed_, ++needs_ == taken.size() ? 0 : 16 + 16 * versions.size(), 4);
      size_t left = versions.size();
      for (const auto& [version, index] : versions) put_number(needed_, 0, 4), put_number(needed_, 0, 2), put_number(needed_, index, 2), put_number(needed_, name(version), 4), put_number(needed_, --left == 0 ? 0 : 16, 4);
    }
    put_number(hash_, 0, 4), put_number(hash_, symbols_.size() / 24, 4);
  }
  bool any() const { return symbols_.size() > 24; }
  /// With the tables at `at`.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> words(size_t at) const {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> out = {{6, at}, {4, at += symbols_.size()}, {0x6ffffff0, at += hash_.size()}};
    at += indexes_.size();
    if (definitions_ != 0) out.insert(out.end(), {{0x6ffffffc, at}, {0x6ffffffd, definitions_}});
    at += defined_.size();
    if (needs_ != 0) out.insert(out.end(), {{0x6ffffffe, at}, {0x6fffffff, needs_}});
    return out;
  }
  std::string tables() const { return symbols_ + hash_ + indexes_ + defined_ + needed_; }

 private:
  void add(size_t name, unsigned section, unsigned version) {
    put_number(symbols_, name, 4), put_number(symbols_, 0x12, 1), put_number(symbols_, 0, 1), put_number(symbols_, section, 2), put_number(symbols_, 0, 8), put_number(symbols_, 0, 8);
    put_number(indexes_, version, 2);
  }
  std::string symbols_, hash_, indexes_, defined_, needed_;
  size_t definitions_ = 0, needs_ = 0;
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
  const auto& put = put_number;
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
  const SmallSymbols symbols(*this, name);
  if (now) dynamic.emplace_back(30, 8);
  if (text_relocations) dynamic.emplace_back(22, 0);
  dynamic.emplace_back(0x6ffffffb, (now ? 1 : 0) | (pie ? 0x08000000u : 0));

  std::string note;  // NT_GNU_PROPERTY_TYPE_0 with IBT and SHSTK
  for (const std::uint64_t each : {std::uint64_t{4}, std::uint64_t{16}, std::uint64_t{5}}) put(note, each, 4);
  note += std::string("GNU\0", 4);
  for (const std::uint64_t each : {std::uint64_t{0xc0000002}, std::uint64_t{4}, std::uint64_t{3}, std::uint64_t{0}}) put(note, each, 4);

  const size_t head = 64 + 7 * 56;
  const size_t at_strings = head, at_interpreter = at_strings + strings.size(), at_note = (at_interpreter + interpreter.size() + 1 + 7) / 8 * 8,
               at_dynamic = at_note + note.size(), size_dynamic = needed.empty() && soname.empty() && !symbols.any() ? 0 : (dynamic.size() + 3 + (symbols.any() ? symbols.words(0).size() : 0)) * 16,
               at_symbols = at_dynamic + size_dynamic;
  if (symbols.any()) {
    for (const auto& each : symbols.words(at_symbols)) dynamic.push_back(each);
  }
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
  const size_t end = at_symbols + (symbols.any() ? symbols.tables().size() : 0);
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
  if (symbols.any()) out += symbols.tables();
  return out + content;
}

}  // namespace ashlar::prove
