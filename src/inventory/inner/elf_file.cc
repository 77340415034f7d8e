#include "inventory/inner/elf_file.h"

#include <algorithm>
#include <cstring>

#include "base/elf.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint32_t sht_nobits = 8;
constexpr std::uint64_t max_names = 1 << 20;

}  // namespace

std::uint64_t ElfFile::number(BytesView bytes, size_t at, size_t width) const {
  if (at > bytes.size() || bytes.size() - at < width) return 0;
  std::uint64_t value = 0;
  for (size_t byte = 0; byte < width; ++byte) value = value << 8 | bytes[at + (big_ ? byte : width - 1 - byte)];
  return value;
}

Result<ElfFile> ElfFile::open(const host::ReadFile& file) {
  ElfFile out(file);
  TRY_ASSIGN(const Bytes head, read_range(file, 0, std::min<std::uint64_t>(file.size(), 64)));
  if (!is_elf(head)) return fail(Kind::NotFound, "it is no ELF file");
  if (head.size() < 52 || head[4] < 1 || head[4] > 2 || head[5] < 1 || head[5] > 2) return fail(Kind::Corrupt, "its head is cut off or of no known class");
  out.wide_ = head[4] == 2, out.big_ = head[5] == 2;
  if (out.wide_ && head.size() < 64) return fail(Kind::Corrupt, "its head is cut off");
  out.machine_ = static_cast<std::uint16_t>(out.number(head, 18, 2));
  TRY(out.read_segments(head));
  if (!out.read_sections(head)) out.sections_.clear();  // nothing that runs needs them
  return out;
}

Done ElfFile::read_segments(BytesView head) {
  const std::uint64_t table = number(head, wide_ ? 32 : 28, wide_ ? 8 : 4), width = number(head, wide_ ? 54 : 42, 2), count = number(head, wide_ ? 56 : 44, 2);
  if (count == 0) return {};
  if (width < (wide_ ? 56U : 32U)) return fail(Kind::Corrupt, "its table of segments has entries that are too small");
  TRY_ASSIGN(const Bytes bytes, read_range(*file_, table, width * count, max_names * 8));
  for (size_t at = 0; at < bytes.size(); at += width) {
    const auto get = [&](size_t offset, size_t size) { return number(bytes, at + offset, size); };
    const auto word = [&](size_t offset) { return static_cast<std::uint32_t>(get(offset, 4)); };
    if (wide_) segments_.push_back({word(0), word(4), get(8, 8), get(16, 8), get(32, 8)});
    else segments_.push_back({word(0), word(24), get(4, 4), get(8, 4), get(16, 4)});
  }
  return {};
}

Done ElfFile::read_sections(BytesView head) {
  const std::uint64_t table = number(head, wide_ ? 40 : 32, wide_ ? 8 : 4), width = number(head, wide_ ? 58 : 46, 2);
  std::uint64_t count = number(head, wide_ ? 60 : 48, 2), names = number(head, wide_ ? 62 : 50, 2);
  if (table == 0 || width < (wide_ ? 64U : 40U)) return {};
  TRY_ASSIGN(const Bytes first, read_range(*file_, table, width));
  if (count == 0) count = std::min<std::uint64_t>(number(first, wide_ ? 32 : 20, wide_ ? 8 : 4), 65535);  // more than fit into the head
  if (names == 0xffff) names = number(first, wide_ ? 40 : 24, 4);
  TRY_ASSIGN(const Bytes bytes, read_range(*file_, table, width * count, max_names * 8));
  std::vector<std::uint32_t> name_at;
  for (size_t at = 0; at < bytes.size(); at += width) {
    const auto get = [&](size_t offset, size_t size) { return number(bytes, at + offset, size); };
    name_at.push_back(static_cast<std::uint32_t>(get(0, 4)));
    const auto type = static_cast<std::uint32_t>(get(4, 4));
    if (wide_) sections_.push_back({{}, type, get(16, 8), get(24, 8), get(32, 8)});
    else sections_.push_back({{}, type, get(12, 4), get(16, 4), get(20, 4)});
  }
  if (names >= sections_.size()) return {};
  TRY_ASSIGN(const Bytes text, read(sections_[names], max_names));
  for (size_t each = 0; each < sections_.size(); ++each) {
    if (name_at[each] >= text.size()) continue;
    const std::string_view rest = as_text(text).substr(name_at[each], 256);
    sections_[each].name = rest.substr(0, rest.find('\0'));
  }
  return {};
}

const ElfFile::Section* ElfFile::section(std::string_view name) const {
  const auto found = std::ranges::find_if(sections_, [&](const Section& each) { return each.name == name && each.type != sht_nobits; });
  return found == sections_.end() ? nullptr : &*found;
}

Result<Bytes> ElfFile::at(std::uint64_t address, std::uint64_t most) const {
  for (const Segment& each : segments_) {
    if (each.type != load || address < each.address || address - each.address >= each.size) continue;
    const std::uint64_t within = address - each.address;
    if (within + each.offset < within || within + each.offset > file_->size()) break;
    return read_range(*file_, each.offset + within, std::min({most, each.size - within, file_->size() - each.offset - within}), 256 << 20);
  }
  return Bytes();
}

std::vector<ElfFile::Note> ElfFile::notes() const {
  std::vector<Note> out;
  for (const Segment& each : segments_) {
    if (each.type != note) continue;
    const auto bytes = read_range(*file_, each.offset, each.size, 1 << 20);
    if (!bytes) continue;
    for (size_t at = 0; at + 12 <= bytes->size();) {
      const std::uint64_t name_size = number(*bytes, at, 4), size = number(*bytes, at + 4, 4);
      const std::uint64_t content = at + 12 + (name_size + 3) / 4 * 4;
      if (content > bytes->size() || size > bytes->size() - content || out.size() == 1024) break;
      const std::string_view owner = as_text(BytesView(*bytes).subspan(at + 12, name_size));
      const BytesView body = BytesView(*bytes).subspan(content, size);
      out.push_back({std::string(owner.substr(0, owner.find('\0'))), static_cast<std::uint32_t>(number(*bytes, at + 8, 4)), Bytes(body.begin(), body.end())});
      at = content + (size + 3) / 4 * 4;
    }
  }
  return out;
}

}  // namespace ashlar::inventory
