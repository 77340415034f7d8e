#include "inventory/inner/go_functions.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/text.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint64_t max_names = 64 << 20, max_search = 256 << 20, max_functions = 4 << 20;
constexpr std::uint32_t go_1_2 = 0xfffffffb, go_1_16 = 0xfffffffa, go_1_18 = 0xfffffff0, go_1_20 = 0xfffffff1;

/// Where the table is: its head begins with a magic number, two zeros, the size of an instruction's step and that of a pointer.
struct Table {
  std::uint64_t offset = 0, size = 0;  ///< in the file; `size` at most
};

std::uint32_t magic_of(const ElfFile& elf, BytesView head) {
  if (head.size() < 8 || head[4] != 0 || head[5] != 0 || (head[6] != 1 && head[6] != 2 && head[6] != 4) || (head[7] != 4 && head[7] != 8)) return 0;
  const auto magic = static_cast<std::uint32_t>(elf.number(head, 0, 4));
  return magic == go_1_2 || magic == go_1_16 || magic == go_1_18 || magic == go_1_20 ? magic : 0;
}

/// By the section's name, else by its magic in what is loaded: linkers of others put it elsewhere.
Result<Table> find_table(const ElfFile& elf) {
  for (const std::string_view name : {".gopclntab", ".data.rel.ro.gopclntab"}) {
    if (const auto* const section = elf.section(name); section != nullptr) return Table{section->offset, section->size};
  }
  std::uint64_t left = max_search;
  for (const auto& segment : elf.segments()) {
    if (segment.type != ElfFile::load || segment.offset > elf.file().size()) continue;
    const std::uint64_t size = std::min(segment.size, elf.file().size() - segment.offset);
    constexpr std::uint64_t step = 1 << 20, overlap = 64;
    for (std::uint64_t at = 0; at < size && left >= step; at += step, left -= step) {
      TRY_ASSIGN(const Bytes piece, read_range(elf.file(), segment.offset + at, std::min(step + overlap, size - at)));
      const size_t misaligned = (segment.offset + at) % 8;
      for (size_t each = misaligned == 0 ? 0 : 8 - misaligned; each + 64 <= piece.size(); each += 8) {
        // Little-endian 0xfffffff? ends, big-endian begins with three bytes of ones; the next test says the rest.
        if (piece[each + 1] != 0xff || piece[each + 2] != 0xff || magic_of(elf, BytesView(piece).subspan(each)) == 0) continue;
        return Table{segment.offset + at + each, size - at - each};
      }
    }
  }
  return Table{};
}

/// Go 1.2 to 1.15: names stand anywhere in the table, each found by its function.
Result<std::vector<std::string>> by_function(const ElfFile& elf, const Table& table) {
  TRY_ASSIGN(const Bytes bytes, read_range(elf.file(), table.offset, table.size, max_search));
  const size_t word = bytes[7];
  const std::uint64_t count = elf.number(bytes, 8, word);
  if (count > max_functions || count > bytes.size() / (2 * word)) return fail(Kind::Corrupt, "its table of functions is damaged");
  std::vector<std::string> out;
  std::uint64_t left = max_names;
  for (std::uint64_t each = 0; each < count; ++each) {
    const std::uint64_t function = elf.number(bytes, 8 + word + each * 2 * word + word, word);
    if (function > bytes.size() - word - 4) return fail(Kind::Corrupt, "its table of functions is damaged");
    const std::uint64_t name = elf.number(bytes, function + word, 4);
    if (name >= bytes.size()) return fail(Kind::Corrupt, "its table of functions is damaged");
    const std::string_view text = as_text(bytes).substr(name, 4096);
    const std::string_view found = text.substr(0, text.find('\0'));
    if (found.size() > left) return fail(Kind::Corrupt, "the names of its functions take more than 64 MiB");
    left -= found.size();
    out.emplace_back(found);
  }
  return out;
}

}  // namespace

Result<std::vector<std::string>> go_functions(const ElfFile& elf) {
  TRY_ASSIGN(const Table table, find_table(elf));
  if (table.size < 8) return std::vector<std::string>();
  TRY_ASSIGN(const Bytes head, read_range(elf.file(), table.offset, std::min<std::uint64_t>(table.size, 8 + 8 * 8)));
  const std::uint32_t magic = magic_of(elf, head);
  if (magic == 0) return fail(Kind::Corrupt, "its table of functions begins as none");
  if (magic == go_1_2) return by_function(elf, table);
  const size_t word = head[7];
  const size_t first = magic == go_1_16 ? 2 : 3;  // of functions, files and, since 1.18, where code begins
  const std::uint64_t begin = elf.number(head, 8 + first * word, word), end = elf.number(head, 8 + (first + 1) * word, word);
  if (begin > end || end > table.size) return fail(Kind::Corrupt, "its table of functions is damaged");
  TRY_ASSIGN(const Bytes names, read_range(elf.file(), table.offset + begin, end - begin, max_names));
  std::vector<std::string> out;
  for (std::string_view rest = as_text(names); !rest.empty();) {
    const size_t size = rest.find('\0');
    if (size == std::string_view::npos) break;
    if (size != 0 && size <= 4096) out.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size + 1);
  }
  return out;
}

namespace {

/// Without what stands in brackets: type arguments, which may hold import paths of their own.
std::string without_arguments(std::string_view name) {
  std::string out;
  int depth = 0;
  for (const char c : name) {
    if (c == '[') ++depth;
    else if (c == ']' && depth > 0) --depth;
    else if (depth == 0) out += c;
  }
  return out;
}

int hex(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

/// `yaml%2ev3`: the linker escapes dots in the last element of an import path.
std::string unescaped(std::string_view path) {
  if (path.find('%') == std::string_view::npos) return std::string(path);
  std::string out;
  for (size_t at = 0; at < path.size(); ++at) {
    const bool escape = path[at] == '%' && at + 2 < path.size() && hex(path[at + 1]) >= 0 && hex(path[at + 2]) >= 0;
    out += escape ? static_cast<char>(hex(path[at + 1]) * 16 + hex(path[at + 2])) : path[at];
    if (escape) at += 2;
  }
  return out;
}

/// A part that the compiler adds to the name of the function in which a closure or wrapper stands: `func1`, `gowrap2`, `deferwrap1`, `3`.
bool is_added(std::string_view part) {
  for (const std::string_view prefix : {"func", "gowrap", "deferwrap", "dwrap"}) {
    if (part.starts_with(prefix) && part.size() > prefix.size()) {
      part.remove_prefix(prefix.size());
      break;
    }
  }
  return part.empty() || part.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::pair<std::string, std::string> go_symbol(std::string_view name) {
  if (name.starts_with("type:") || name.starts_with("type..") || name.starts_with("go:") || name.starts_with("go.")) return {};
  std::string kept;
  std::string_view plain = name;
  if (name.find('[') != std::string_view::npos) plain = kept = without_arguments(name);
  if (plain.find(' ') != std::string_view::npos) return {};
  plain = plain.substr(0, plain.find("\xc2\xb7"));  // `·dwrap·1`
  const size_t slash = plain.rfind('/');
  const size_t dot = plain.find('.', slash == std::string_view::npos ? 0 : slash);
  if (dot == std::string_view::npos || dot == 0) return {};
  std::string function;
  size_t parts = 0;
  for (std::string_view part : Parts(plain.substr(dot + 1), '.')) {
    part = part.substr(0, part.find('-'));  // `-fm`, `-range1`
    if (part.starts_with('(') && part.ends_with(')')) part = part.substr(1, part.size() - 2);
    if (part.starts_with('*')) part.remove_prefix(1);
    if (parts == 2 || is_added(part)) break;
    if (parts++ > 0) function += '.';
    function += part;
  }
  if (function.empty() || function == "glob") return {};
  return {unescaped(plain.substr(0, dot)), std::move(function)};
}

}  // namespace ashlar::inventory
