#include "inventory/inner/elf_file.h"

#include <algorithm>

namespace ashlar::inventory {
namespace {

constexpr std::uint32_t sht_nobits = 8;
constexpr std::uint64_t max_names = 1 << 20;

}  // namespace

Result<ElfFile> ElfFile::open(const host::ReadFile& file) {
  ElfFile out(file);
  TRY_ASSIGN(const Bytes front, read_range(file, 0, std::min<std::uint64_t>(file.size(), ElfHead::size)));
  TRY_ASSIGN(out.head_, ElfHead::read(front));
  if (const ElfHead::Table& table = out.head_.segments; table.count != 0) {
    TRY_ASSIGN(const Bytes bytes, read_range(file, table.offset, table.bytes(), max_names * 8));
    out.segments_ = out.head_.read_segments(bytes);
  }
  if (!out.read_sections()) out.sections_.clear();  // nothing that runs needs them
  return out;
}

Done ElfFile::read_sections() {
  const bool wide = head_.wide;
  const auto [table, width, stated] = head_.sections;
  std::uint64_t count = stated, names = head_.names;
  if (table == 0 || width < (wide ? 64U : 40U)) return {};
  TRY_ASSIGN(const Bytes first, read_range(*file_, table, width));
  if (count == 0) count = std::min<std::uint64_t>(number(first, wide ? 32 : 20, wide ? 8 : 4), 65535);  // more than fit into the head
  if (names == 0xffff) names = number(first, wide ? 40 : 24, 4);
  TRY_ASSIGN(const Bytes bytes, read_range(*file_, table, width * count, max_names * 8));
  std::vector<std::uint32_t> name_at;
  for (size_t at = 0; at < bytes.size(); at += width) {
    const auto get = [&](size_t offset, size_t size) { return number(bytes, at + offset, size); };
    name_at.push_back(static_cast<std::uint32_t>(get(0, 4)));
    const auto type = static_cast<std::uint32_t>(get(4, 4));
    if (wide) sections_.push_back({{}, type, get(16, 8), get(24, 8), get(32, 8)});
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
