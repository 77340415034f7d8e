#include "base/elf.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace ashlar {
namespace {

constexpr std::uint32_t pt_load = 1, pt_dynamic = 2, pt_interp = 3, pt_note = 4, pt_gnu_stack = 0x6474e551, pt_gnu_relro = 0x6474e552, pt_gnu_property = 0x6474e553;
constexpr std::uint32_t pf_execute = 1, pf_write = 2;
constexpr std::uint64_t dt_null = 0, dt_needed = 1, dt_strtab = 5, dt_strsz = 10, dt_soname = 14, dt_rpath = 15, dt_textrel = 22, dt_bind_now = 24, dt_runpath = 29,
                        dt_flags = 30, dt_flags_1 = 0x6ffffffb;
constexpr std::uint64_t df_textrel = 4, df_bind_now = 8, df_1_now = 1, df_1_nodeflib = 0x800, df_1_pie = 0x08000000;
constexpr std::uint16_t et_exec = 2, et_dyn = 3, em_386 = 3, em_x86_64 = 62, em_aarch64 = 183;
constexpr std::uint32_t nt_gnu_build_id = 3, nt_gnu_property = 5;
constexpr size_t max_text = 4096, max_needed = 4096, max_dynamic = 65536;

std::unexpected<Error> damaged(std::string_view cause) { return cannot(Kind::Corrupt, "read an ELF file", cause); }

}  // namespace

class ElfReader {
 public:
  explicit ElfReader(BytesView file) : file_(file) {}

  Done read(Elf& elf) {
    if (!is_elf(file_)) return cannot(Kind::NotFound, "read an ELF file", "it does not begin as one");
    if (file_.size() < 52 || file_[4] < 1 || file_[4] > 2 || file_[5] < 1 || file_[5] > 2) return damaged("its head is cut off or of no known class");
    wide_ = file_[4] == 2, big_ = file_[5] == 2, word_ = wide_ ? 8 : 4;
    if (wide_ && file_.size() < 64) return damaged("its head is cut off");
    elf.wide = wide_;
    elf.type = static_cast<std::uint16_t>(number(16, 2));
    elf.machine = static_cast<std::uint16_t>(number(18, 2));
    elf.entry = number(24, word_);
    TRY(read_segments());
    TRY(judge_segments(elf));
    TRY(read_dynamic(elf));
    if (!elf.dynamic && elf.relro == Elf::Relro::Partial) elf.relro = Elf::Relro::Full;  // a static program binds nothing later
    judge_names(elf);
    return {};
  }

 private:
  struct Segment {
    std::uint32_t type = 0, flags = 0;
    std::uint64_t offset = 0, address = 0, size = 0;
  };

  /// A number of `width` bytes at `at`; 0 beyond the end.
  std::uint64_t number(std::uint64_t at, size_t width) const {
    if (at > file_.size() || file_.size() - at < width) return 0;
    std::uint64_t value = 0;
    for (size_t byte = 0; byte < width; ++byte) value = value << 8 | file_[at + (big_ ? byte : width - 1 - byte)];
    return value;
  }
  bool holds(std::uint64_t offset, std::uint64_t size) const { return offset <= file_.size() && size <= file_.size() - offset; }

  Done read_segments() {
    const std::uint64_t table = number(wide_ ? 32 : 28, word_), entry_size = number(wide_ ? 54 : 42, 2), count = number(wide_ ? 56 : 44, 2);
    if (count == 0) return {};
    if (entry_size < (wide_ ? 56 : 32) || !holds(table, entry_size * count)) return damaged("its table of segments lies outside of it");
    segments_.reserve(count);
    for (std::uint64_t at = table; at < table + entry_size * count; at += entry_size) {
      if (wide_) segments_.push_back({static_cast<std::uint32_t>(number(at, 4)), static_cast<std::uint32_t>(number(at + 4, 4)), number(at + 8, 8), number(at + 16, 8), number(at + 32, 8)});
      else segments_.push_back({static_cast<std::uint32_t>(number(at, 4)), static_cast<std::uint32_t>(number(at + 24, 4)), number(at + 4, 4), number(at + 8, 4), number(at + 16, 4)});
    }
    return {};
  }

  Done judge_segments(Elf& elf) {
    elf.position_independent = elf.type == et_dyn;
    // Without the mark, kernels make the stack executable on 32-bit x86 alone; on others old binaries get no more than they ask for.
    elf.stack_executable = elf.machine == em_386 && (elf.type == et_exec || elf.type == et_dyn);
    for (const Segment& each : segments_) {
      if (each.type == pt_gnu_stack) elf.stack_executable = (each.flags & pf_execute) != 0;
      if (each.type == pt_gnu_relro) elf.relro = Elf::Relro::Partial;
      if (each.type == pt_load && (each.flags & pf_execute) != 0 && (each.flags & pf_write) != 0) elf.writable_code = true;
      if (each.type == pt_interp) {
        TRY_ASSIGN(elf.interpreter, text(each.offset, each.size));
      }
      if ((each.type == pt_note || each.type == pt_gnu_property) && holds(each.offset, each.size)) read_notes(each, elf);
    }
    return {};
  }

  /// The text that ends with a NUL within `most` bytes.
  Result<std::string> text(std::uint64_t at, std::uint64_t most) const {
    if (at >= file_.size()) return damaged("a text lies outside of it");
    most = std::min<std::uint64_t>({most, file_.size() - at, max_text});
    const auto* const begin = reinterpret_cast<const char*>(file_.data() + at);
    const void* const end = std::memchr(begin, 0, most);
    if (end == nullptr) return damaged("a text does not end");
    return std::string(begin, static_cast<const char*>(end));
  }

  void read_notes(const Segment& segment, Elf& elf) const {
    const std::uint64_t end = segment.offset + segment.size;
    const std::uint64_t align = wide_ && segment.type == pt_gnu_property ? 8 : 4;
    for (std::uint64_t at = segment.offset; at + 12 <= end;) {
      const std::uint64_t name_size = number(at, 4), size = number(at + 4, 4), type = number(at + 8, 4);
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
    const std::uint64_t align = wide_ ? 8 : 4;
    while (at + 8 <= end) {
      const std::uint64_t type = number(at, 4), size = number(at + 4, 4), bits = number(at + 8, 4);
      if (size > end - at - 8) return;
      const bool x86 = type == 0xc0000002 && (elf.machine == em_x86_64 || elf.machine == em_386), arm = type == 0xc0000000 && elf.machine == em_aarch64;
      if ((x86 || arm) && size >= 4) elf.branch_tracking = (bits & 1) != 0, elf.return_protection = (bits & 2) != 0;
      at += 8 + (size + align - 1) / align * align;
    }
  }

  std::optional<std::uint64_t> place_of(std::uint64_t address) const {
    for (const Segment& each : segments_) {
      if (each.type == pt_load && address >= each.address && address - each.address < each.size) return address - each.address + each.offset;
    }
    return std::nullopt;
  }

  Done read_dynamic(Elf& elf) {
    const auto found = std::find_if(segments_.begin(), segments_.end(), [](const Segment& each) { return each.type == pt_dynamic; });
    if (found == segments_.end() || found->size == 0) return {};
    // Files with debug information alone keep the table's place, but not its bytes.
    if (!holds(found->offset, found->size)) return damaged("its dynamic section lies outside of it");
    elf.dynamic = true;
    std::uint64_t table = 0, flags = 0, flags_1 = 0, soname = 0, rpath = 0, runpath = 0;
    std::vector<std::uint64_t> needed;
    bool has_soname = false, has_rpath = false, has_runpath = false, bind_now = false;
    for (std::uint64_t at = found->offset, left = std::min<std::uint64_t>(found->size / (2 * word_), max_dynamic); left > 0; at += 2 * word_, --left) {
      const std::uint64_t tag = number(at, word_), value = number(at + word_, word_);
      if (tag == dt_null) break;
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
    const auto names = place_of(table);
    if (!names || *names >= file_.size()) return damaged("its table of names lies outside of it");
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
    if (at >= names_size_) return damaged("a name lies outside of its table");
    return text(names_ + at, names_size_ - at);
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

  BytesView file_;
  bool wide_ = false, big_ = false;
  size_t word_ = 4;
  std::vector<Segment> segments_;
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
