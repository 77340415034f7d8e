#include "inventory/inner/zip.h"

#include <algorithm>

#include <fmt/format.h>

#include "inventory/inner/inflate.h"

namespace ashlar::inventory {
namespace {

using namespace std::string_view_literals;

std::uint64_t number(BytesView bytes, size_t at, size_t width) {
  std::uint64_t value = 0;
  for (size_t byte = 0; byte < width && at + byte < bytes.size(); ++byte) value |= std::uint64_t{bytes[at + byte]} << 8 * byte;
  return value;
}

/// Where the list of members is: its count, size, the offset that it is said to have, and its end in the file.
struct List {
  std::uint64_t count = 0, size = 0, offset = 0, end = 0;
};

Result<List> find_list(const host::ReadFile& file) {
  const std::uint64_t tail_size = std::min<std::uint64_t>(file.size(), 22 + 65535), tail_at = file.size() - tail_size;
  TRY_ASSIGN(const Bytes tail, read_range(file, tail_at, tail_size));
  const size_t at = as_text(tail).rfind("PK\x05\x06"sv);
  if (at == std::string_view::npos || tail.size() - at < 22) return fail(Kind::Corrupt, "it ends as no zip archive");
  List list{number(tail, at + 10, 2), number(tail, at + 12, 4), number(tail, at + 16, 4), tail_at + at};
  if (list.count != 0xffff && list.size != 0xffffffff && list.offset != 0xffffffff) return list;
  if (tail_at + at < 20) return list;
  TRY_ASSIGN(const Bytes locator, read_range(file, tail_at + at - 20, 20));  // 4.3.15
  if (!as_text(locator).starts_with("PK\x06\x07"sv)) return list;
  TRY_ASSIGN(const Bytes wide, read_range(file, number(locator, 8, 8), 56));
  if (!as_text(wide).starts_with("PK\x06\x06"sv)) return fail(Kind::Corrupt, "the end of its list of members is not where it says");
  return List{number(wide, 32, 8), number(wide, 40, 8), number(wide, 48, 8), number(locator, 8, 8)};
}

/// 4.5.3: what does not fit into 32 bits stands in an extra field, in this order.
void widen(BytesView extra, Zip::Member& member) {
  for (size_t at = 0; at + 4 <= extra.size();) {
    const std::uint64_t id = number(extra, at, 2), size = number(extra, at + 2, 2);
    if (id == 1 && at + 4 + size <= extra.size()) {
      size_t field = at + 4;
      for (std::uint64_t* const each : {&member.size, &member.packed, &member.place}) {
        if (*each == 0xffffffff && field + 8 <= at + 4 + size) *each = number(extra, field, 8), field += 8;
      }
      return;
    }
    at += 4 + size;
  }
}

}  // namespace

Result<Zip> Zip::open(const host::ReadFile& file) {
  Zip zip(file);
  TRY_ASSIGN(const List list, find_list(file));
  if (list.count > max_members) return fail(Kind::Corrupt, fmt::format("it has {} members, more than {}", list.count, max_members));
  if (list.size > list.end) return fail(Kind::Corrupt, "its list of members lies outside of it");
  const std::uint64_t begin = list.end - list.size;
  const std::uint64_t before = begin >= list.offset ? begin - list.offset : 0;  // bytes that stand before the archive
  TRY_ASSIGN(const Bytes bytes, read_range(file, begin, list.size, max_list));
  size_t at = 0;
  for (std::uint64_t each = 0; each < list.count; ++each) {
    if (bytes.size() - at < 46 || number(bytes, at, 4) != 0x02014b50) return fail(Kind::Corrupt, "its list of members is damaged");
    const std::uint64_t name_size = number(bytes, at + 28, 2), extra_size = number(bytes, at + 30, 2), comment_size = number(bytes, at + 32, 2);
    if (bytes.size() - at - 46 < name_size + extra_size + comment_size) return fail(Kind::Corrupt, "its list of members is damaged");
    Member member{std::string(as_text(BytesView(bytes).subspan(at + 46, name_size))), static_cast<std::uint16_t>(number(bytes, at + 10, 2)), (number(bytes, at + 8, 2) & 1) != 0,
                  number(bytes, at + 20, 4), number(bytes, at + 24, 4), number(bytes, at + 42, 4)};
    widen(BytesView(bytes).subspan(at + 46 + name_size, extra_size), member);
    member.place += before;
    at += 46 + name_size + extra_size + comment_size;
    if (!member.name.ends_with('/')) zip.members_.push_back(std::move(member));
  }
  return zip;
}

Result<std::uint64_t> Zip::place_of(const Member& member) const {
  TRY_ASSIGN(const Bytes head, read_range(*file_, member.place, 30));
  if (number(head, 0, 4) != 0x04034b50) return fail(Kind::Corrupt, "a member is not where the list says");
  const std::uint64_t place = member.place + 30 + number(head, 26, 2) + number(head, 28, 2);
  if (place > file_->size() || member.packed > file_->size() - place) return fail(Kind::Corrupt, "a member is cut off");
  return place;
}

std::string Zip::front(const Member& member, FrontInflater& inflater) const {
  constexpr std::uint64_t enough = 1024;  // for the tables of a deflated block and the first bytes after them
  const auto place = place_of(member);
  if (!place || (member.method != 0 && member.method != 8)) return {};
  const auto packed = read_range(*file_, *place, std::min(member.packed, member.method == 0 ? 4 : enough));
  if (!packed) return {};
  return member.method == 0 ? std::string(as_text(*packed)) : inflater.front(*packed);
}

Result<Bytes> Zip::read(const Member& member, std::uint64_t limit) const {
  if (member.encrypted) return fail(Kind::Corrupt, "it is encrypted");
  if (member.size > limit) return fail(Kind::Corrupt, fmt::format("it unpacks to {} bytes, more than {}", member.size, limit));
  if (member.method != 0 && member.method != 8) return fail(Kind::Corrupt, fmt::format("it is packed with method {}", member.method));
  TRY_ASSIGN(const std::uint64_t place, place_of(member));
  TRY_ASSIGN(Bytes packed, read_range(*file_, place, member.packed, std::max<std::uint64_t>(limit, 1 << 16)));
  if (member.method == 0) return packed;
  return inflate(packed, Wrap::None, std::max<std::uint64_t>(member.size, 1));
}

}  // namespace ashlar::inventory
