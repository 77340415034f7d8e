#include "base/elf.h"

#include <algorithm>
#include <cstring>

#include "base/inner/elf_bytes.h"

namespace ashlar {
namespace {

constexpr std::uint32_t pt_load = ElfBytes::load, pt_interp = 3, pt_note = 4, pt_gnu_stack = 0x6474e551, pt_gnu_relro = 0x6474e552, pt_gnu_property = 0x6474e553;
constexpr std::uint32_t pf_execute = 1, pf_write = 2;
constexpr std::uint64_t dt_needed = 1, dt_strtab = 5, dt_strsz = 10, dt_soname = 14, dt_rpath = 15, dt_textrel = 22, dt_bind_now = 24, dt_runpath = 29,
                        dt_flags = 30, dt_flags_1 = 0x6ffffffb;
constexpr std::uint64_t df_textrel = 4, df_bind_now = 8, df_1_now = 1, df_1_nodeflib = 0x800, df_1_pie = 0x08000000;
constexpr std::uint16_t et_exec = 2, et_dyn = 3, em_386 = 3, em_x86_64 = 62, em_aarch64 = 183;
constexpr std::uint32_t nt_gnu_build_id = 3, nt_gnu_property = 5;
constexpr size_t max_needed = 4096;

}  // namespace

class ElfReader {
 public:
  explicit ElfReader(BytesView file) : bytes_(file), file_(file) {}

  Done read(Elf& elf) {
    TRY(bytes_.open());
    elf.wide = bytes_.wide();
    elf.type = bytes_.head().type;
    elf.machine = bytes_.head().machine;
    elf.entry = bytes_.head().entry;
    TRY(judge_segments(elf));
    TRY(read_dynamic(elf));
    if (!elf.dynamic && elf.relro == Elf::Relro::Partial) elf.relro = Elf::Relro::Full;  // a static program binds nothing later
    judge_names(elf);
    return {};
  }

 private:
  Done judge_segments(Elf& elf) {
    elf.position_independent = elf.type == et_dyn;
    // Without the mark, kernels make the stack executable on 32-bit x86 alone; on others old binaries get no more than they ask for.
    elf.stack_executable = elf.machine == em_386 && (elf.type == et_exec || elf.type == et_dyn);
    for (const ElfBytes::Segment& each : bytes_.segments()) {
      if (each.type == pt_gnu_stack) elf.stack_executable = (each.flags & pf_execute) != 0;
      if (each.type == pt_gnu_relro) elf.relro = Elf::Relro::Partial;
      if (each.type == pt_load && (each.flags & pf_execute) != 0 && (each.flags & pf_write) != 0) elf.writable_code = true;
      if (each.type == pt_interp) {
        TRY_ASSIGN(elf.interpreter, bytes_.text(each.offset, each.size));
      }
      if ((each.type == pt_note || each.type == pt_gnu_property) && bytes_.holds(each.offset, each.size)) read_notes(each, elf);
    }
    return {};
  }

  void read_notes(const ElfBytes::Segment& segment, Elf& elf) const {
    const std::uint64_t end = segment.offset + segment.size;
    const std::uint64_t align = bytes_.wide() && segment.type == pt_gnu_property ? 8 : 4;
    for (std::uint64_t at = segment.offset; at + 12 <= end;) {
      const std::uint64_t name_size = bytes_.number(at, 4), size = bytes_.number(at + 4, 4), type = bytes_.number(at + 8, 4);
      const std::uint64_t content = at + 12 + (name_size + 3) / 4 * 4;
      if (content > end || size > end - content) return;
      const bool gnu = name_size == 4 && std::memcmp(file_.data() + at + 12, "GNU", 4) == 0;
      if (gnu && type == nt_gnu_build_id && size <= 64) elf.build_id = to_hex_digits(file_.subspan(content, size));
      if (gnu && type == nt_gnu_property) read_properties(content, content + size, elf);
      at = content + (size + align - 1) / align * align;
    }
  }
  static std::string to_hex_digits(BytesView bytes) {
    std::string out;
    for (const std::uint8_t byte : bytes) out += "0123456789abcdef"[byte >> 4], out += "0123456789abcdef"[byte & 15];
    return out;
  }
  /// GNU_PROPERTY_X86_FEATURE_1_AND and GNU_PROPERTY_AARCH64_FEATURE_1_AND.
  void read_properties(std::uint64_t at, std::uint64_t end, Elf& elf) const {
    const std::uint64_t align = bytes_.wide() ? 8 : 4;
    while (at + 8 <= end) {
      const std::uint64_t type = bytes_.number(at, 4), size = bytes_.number(at + 4, 4), bits = bytes_.number(at + 8, 4);
      if (size > end - at - 8) return;
      const bool x86 = type == 0xc0000002 && (elf.machine == em_x86_64 || elf.machine == em_386), arm = type == 0xc0000000 && elf.machine == em_aarch64;
      if ((x86 || arm) && size >= 4) elf.branch_tracking = (bits & 1) != 0, elf.return_protection = (bits & 2) != 0;
      at += 8 + (size + align - 1) / align * align;
    }
  }

  Done read_dynamic(Elf& elf) {
    TRY_ASSIGN(const auto section, bytes_.dynamic_section());
    if (!section) return {};
    elf.dynamic = true;
    std::uint64_t table = 0, flags = 0, flags_1 = 0, soname = 0, rpath = 0, runpath = 0;
    std::vector<std::uint64_t> needed;
    bool has_soname = false, has_rpath = false, has_runpath = false, bind_now = false;
    for (const auto& [tag, value] : *section) {
      if (tag == dt_strtab) table = value;
      else if (tag == dt_strsz) names_size_ = value;
      else if (tag == dt_needed && needed.size() < max_needed) needed.push_back(value);
      else if (tag == dt_soname) soname = value, has_soname = true;
      else if (tag == dt_rpath) rpath = value, has_rpath = true;
      else if (tag == dt_runpath) runpath = value, has_runpath = true;
      else if (tag == dt_flags) flags = value;
      else if (tag == dt_flags_1) flags_1 = value;
      else if (tag == dt_bind_now) bind_now = true;
      else if (tag == dt_textrel) elf.text_relocations = true;
    }
    bind_now = bind_now || (flags & df_bind_now) != 0 || (flags_1 & df_1_now) != 0;
    if (bind_now && elf.relro == Elf::Relro::Partial) elf.relro = Elf::Relro::Full;
    elf.text_relocations = elf.text_relocations || (flags & df_textrel) != 0;
    elf.no_default_folders = (flags_1 & df_1_nodeflib) != 0;
    elf.marked_program_ = (flags_1 & df_1_pie) != 0;
    if (needed.empty() && !has_soname && !has_rpath && !has_runpath && table == 0) return {};
    const auto names = bytes_.place_of(table);
    if (!names || *names >= file_.size()) return damaged_elf("its table of names lies outside of it");
    names_ = *names;
    names_size_ = std::min<std::uint64_t>(names_size_, file_.size() - names_);
    if (has_soname) {
      TRY_ASSIGN(elf.soname, name(soname));
    }
    if (has_rpath) {
      TRY_ASSIGN(elf.rpath, name(rpath));
    }
    if (has_runpath) {
      TRY_ASSIGN(elf.runpath, name(runpath));
    }
    for (const std::uint64_t each : needed) {
      TRY_ASSIGN(std::string library, name(each));
      elf.needed.push_back(std::move(library));
    }
    return {};
  }
  Result<std::string> name(std::uint64_t at) const {
    if (at >= names_size_) return damaged_elf("a name lies outside of its table");
    return bytes_.text(names_ + at, names_size_ - at);
  }

  /// The dynamic names tell what was compiled in: a protected function calls __stack_chk_fail, a fortified one __memcpy_chk or its like. A program
  /// without dynamic names (static) tells nothing: the C library in it has both.
  void judge_names(Elf& elf) const {
    if (names_size_ == 0 || elf.needed.empty()) return;
    elf.stack_protector = elf.fortified = Elf::Answer::No;
    std::string_view rest = as_text(file_.subspan(names_, names_size_));
    while (!rest.empty()) {
      const std::string_view each = rest.substr(0, rest.find('\0'));
      rest.remove_prefix(std::min(rest.size(), each.size() + 1));
      if (!each.starts_with("__")) continue;
      if (each == "__stack_chk_fail" || each == "__stack_chk_guard" || each == "__stack_chk_fail_local") elf.stack_protector = Elf::Answer::Yes;
      else if (each.ends_with("_chk") && each.size() > 6) elf.fortified = Elf::Answer::Yes;
    }
  }

  ElfBytes bytes_;
  BytesView file_;
  std::uint64_t names_ = 0, names_size_ = 0;
};

bool Elf::program() const {
  if (type == et_exec) return true;
  return type == et_dyn && (marked_program_ || (soname.empty() && (!interpreter.empty() || (needed.empty() && entry != 0))));
}

bool is_elf(BytesView front) { return front.size() >= 4 && std::memcmp(front.data(), "\177ELF", 4) == 0; }

Result<Elf> read_elf(BytesView file) {
  Elf elf;
  ElfReader reader(file);
  TRY(reader.read(elf));
  return elf;
}

std::string elf_soname(BytesView file) {
  auto elf = read_elf(file);
  return elf ? std::move(elf->soname) : std::string();
}

}  // namespace ashlar
