#include "base/tar.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/inner/pax.h"

namespace ashlar {
namespace {

using tar::PaxRecords;

constexpr size_t block = 512;
constexpr size_t ahead = size_t{64} << 10;
constexpr std::uint64_t max_name = std::uint64_t{64} << 10;
constexpr std::uint64_t max_pax = std::uint64_t{1} << 20;

/// Fields of a header: offset and width (POSIX.1-2001, pax, "ustar Interchange Format").
struct Field {
  size_t at, width;
};
constexpr Field name_field{0, 100}, mode_field{100, 8}, uid_field{108, 8}, gid_field{116, 8}, size_field{124, 12}, mtime_field{136, 12},
    sum_field{148, 8}, link_field{157, 100}, magic_field{257, 8}, major_field{329, 8}, minor_field{337, 8}, prefix_field{345, 155};
constexpr size_t type_at = 156;
constexpr std::string_view posix_magic("ustar\00000", 8);
constexpr std::string_view gnu_magic("ustar  \0", 8);

std::string_view raw(std::string_view header, Field field) { return header.substr(field.at, field.width); }
std::string_view text(std::string_view header, Field field) {
  const std::string_view bytes = raw(header, field);
  return bytes.substr(0, bytes.find('\0'));
}

/// The checksum field holds the sum of the header's bytes with blanks in its own place; old writers summed signed chars.
bool sum_is_right(std::string_view header) {
  std::int64_t plain = 0, with_sign = 0;
  for (size_t at = 0; at < block; ++at) {
    const char c = at >= sum_field.at && at < sum_field.at + sum_field.width ? ' ' : header[at];
    plain += static_cast<std::uint8_t>(c);
    with_sign += static_cast<std::int8_t>(c);
  }
  const auto given = tar::read_number(raw(header, sum_field));
  return given && (*given == plain || *given == with_sign);
}

template <class T>
Done take_number(std::string_view header, Field field, std::string_view what, T& into) {
  const auto number = tar::read_number(raw(header, field));
  if (!number || !std::in_range<T>(*number)) return fail(Kind::Corrupt, fmt::format("a tar header has a bad {}", what));
  into = static_cast<T>(*number);
  return {};
}

std::optional<FileType> type_of(char flag) {
  switch (flag) {
    case '\0': case '0': case '7': return FileType::Regular;
    case '1': return FileType::HardLink;
    case '2': return FileType::Symlink;
    case '3': return FileType::CharDevice;
    case '4': return FileType::BlockDevice;
    case '5': return FileType::Directory;
    case '6': return FileType::Fifo;
    default: return std::nullopt;
  }
}

/// The entry as the header alone says it.
Result<TarEntry> read_header(std::string_view header) {
  TarEntry entry;
  const std::string_view magic = raw(header, magic_field);
  if (magic == posix_magic && header[prefix_field.at] != '\0') entry.path = fmt::format("{}/", text(header, prefix_field));
  entry.path += text(header, name_field);
  entry.link = text(header, link_field);
  const auto type = type_of(header[type_at]);
  if (!type) {
    const auto flag = static_cast<std::uint8_t>(header[type_at]);
    const std::string shown = flag > ' ' && flag < 127 ? std::string(1, header[type_at]) : fmt::format("\\x{:02x}", flag);
    return fail(Kind::Corrupt, fmt::format("tar members of type '{}' are not read", shown));
  }
  entry.type = *type;
  TRY(take_number(header, mode_field, "mode", entry.mode));
  entry.mode &= 07777;
  TRY(take_number(header, uid_field, "user id", entry.uid));
  TRY(take_number(header, gid_field, "group id", entry.gid));
  TRY(take_number(header, size_field, "size", entry.size));
  TRY(take_number(header, mtime_field, "time", entry.mtime));
  if (entry.type == FileType::CharDevice || entry.type == FileType::BlockDevice) {
    TRY(take_number(header, major_field, "device number", entry.device_major));
    TRY(take_number(header, minor_field, "device number", entry.device_minor));
  }
  return entry;
}

void apply(const PaxRecords& records, TarEntry& entry) {
  if (records.path) entry.path = *records.path;
  if (records.link) entry.link = *records.link;
  if (records.size) entry.size = *records.size;
  if (records.mtime) entry.mtime = *records.mtime;
  if (records.uid) entry.uid = *records.uid;
  if (records.gid) entry.gid = *records.gid;
  for (const auto& [name, value] : records.xattrs) entry.xattrs[name] = value;
}

/// Brings type, path, link and size into the form that TarEntry promises.
Done settle(TarEntry& entry) {
  if (entry.type == FileType::Regular && entry.path.ends_with('/')) entry.type = FileType::Directory;  // as before POSIX
  if (entry.type == FileType::Directory) {
    while (entry.path.size() > 1 && entry.path.ends_with('/')) entry.path.pop_back();
  }
  if (entry.path.empty()) return fail(Kind::Corrupt, "a tar member has no name");
  const std::string_view shown = std::string_view(entry.path).substr(0, 200);
  if (entry.size > std::uint64_t{std::numeric_limits<std::int64_t>::max()} - block) return fail(Kind::Corrupt, fmt::format("the size of '{}' is absurd", shown));
  if (entry.type != FileType::Regular && entry.size != 0) return fail(Kind::Corrupt, fmt::format("'{}' is no regular file but has content", shown));
  const bool links = entry.type == FileType::HardLink || entry.type == FileType::Symlink;
  if (!links) entry.link.clear();
  if (links && entry.link.empty()) return fail(Kind::Corrupt, fmt::format("link '{}' has no target", shown));
  return {};
}

}  // namespace

struct TarReader::State {
  Source& from;
  std::unique_ptr<std::uint8_t[]> buffer = std::make_unique_for_overwrite<std::uint8_t[]>(ahead);
  BytesView ready{};             ///< of the buffer, not yet given
  std::uint64_t left = 0;        ///< content of the present member
  size_t padding = 0;            ///< after it, up to the next block
  PaxRecords global{};
  bool seen = false;             ///< a header
  bool ended = false;

  /// Makes sure that `ready` is not empty; false at the end of the source.
  Result<bool> fill() {
    if (!ready.empty()) return true;
    TRY_ASSIGN(const size_t count, from.read({buffer.get(), ahead}));
    ready = BytesView(buffer.get(), count);
    return count != 0;
  }

  Result<size_t> take(std::span<std::uint8_t> out) {
    if (ready.empty() && out.size() >= ahead / 4) return from.read(out);
    TRY_ASSIGN(const bool more, fill());
    if (!more) return 0;
    const size_t count = std::min(out.size(), ready.size());
    std::memcpy(out.data(), ready.data(), count);
    ready = ready.subspan(count);
    return count;
  }

  Done exactly(std::span<std::uint8_t> out) {
    while (!out.empty()) {
      TRY_ASSIGN(const size_t count, take(out));
      if (count == 0) return fail(Kind::Corrupt, "the tar archive ends early");
      out = out.subspan(count);
    }
    return {};
  }

  Done skip(std::uint64_t count) {
    while (count != 0) {
      TRY_ASSIGN(const bool more, fill());
      if (!more) return fail(Kind::Corrupt, "the tar archive ends early");
      const auto step = static_cast<size_t>(std::min<std::uint64_t>(count, ready.size()));
      ready = ready.subspan(step);
      count -= step;
    }
    return {};
  }

  /// The content of a header that speaks of the next member.
  Result<std::string> extension(std::string_view header, std::uint64_t limit) {
    std::uint64_t size = 0;
    TRY(take_number(header, size_field, "size", size));
    if (size > limit) return fail(Kind::Corrupt, fmt::format("a tar header is larger than {} bytes", limit));
    std::string content(static_cast<size_t>(size), '\0');
    TRY(exactly({reinterpret_cast<std::uint8_t*>(content.data()), content.size()}));
    TRY(skip(tar_padding(size)));
    return content;
  }

  /// One header block; false when it is the first of the end marker, which is then read, or where the source ends after a whole member.
  Result<bool> header(std::array<std::uint8_t, block>& bytes) {
    if (seen) {
      TRY_ASSIGN(const bool more, fill());
      if (!more) return false;
    }
    TRY(exactly(bytes));
    const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
    if (bytes[0] != 0 || !std::ranges::all_of(bytes, is_zero)) {
      if (!sum_is_right(as_text(bytes))) return fail(Kind::Corrupt, "a tar header has a wrong checksum");
      seen = true;
      return true;
    }
    TRY_ASSIGN(const bool more, fill());
    if (!more) return false;
    TRY(exactly(bytes));
    if (!std::ranges::all_of(bytes, is_zero)) return fail(Kind::Corrupt, "the tar archive goes on after a zero block");
    return false;
  }

  Result<std::optional<TarEntry>> next();
};

TarReader::TarReader(Source& from) : state_(new State{from}) {}
TarReader::~TarReader() = default;
TarReader::TarReader(TarReader&&) noexcept = default;

Result<std::optional<TarEntry>> TarReader::State::next() {
  if (ended) return std::nullopt;
  TRY(skip(left));
  left = 0;
  TRY(skip(padding));
  padding = 0;
  std::array<std::uint8_t, block> bytes;
  const std::string_view front = as_text(bytes);
  std::optional<std::string> long_name, long_link;
  std::optional<PaxRecords> own;
  for (int extensions = 0;; ++extensions) {
    TRY_ASSIGN(const bool more, header(bytes));
    const bool extended = long_name || long_link || own;
    if (!more) {
      if (extended) return fail(Kind::Corrupt, "the tar archive ends after an extended header");
      ended = true;
      return std::nullopt;
    }
    const char flag = front[type_at];
    if (flag == 'L' || flag == 'K') {
      TRY_ASSIGN(std::string name, extension(front, max_name));
      name.resize(std::min(name.find('\0'), name.size()));
      (flag == 'L' ? long_name : long_link) = std::move(name);
    } else if (flag == 'x') {
      TRY_ASSIGN(const std::string records, extension(front, max_pax));
      if (!own) own.emplace();
      TRY(tar::read_pax(records, *own));
    } else if (flag == 'g') {
      TRY_ASSIGN(const std::string records, extension(front, max_pax));
      TRY(tar::read_pax(records, global));
      if (tar::pax_size(global) > max_pax) return fail(Kind::Corrupt, "the global pax headers are too large");
    } else {
      break;
    }
    if (extensions == 64) return fail(Kind::Corrupt, "a tar member has too many extended headers");
  }
  TRY_ASSIGN(TarEntry entry, read_header(front));
  if (long_name) entry.path = std::move(*long_name);
  if (long_link) entry.link = std::move(*long_link);
  apply(global, entry);
  if (own) apply(*own, entry);
  if (entry.path.size() > max_name || entry.link.size() > max_name) return fail(Kind::Corrupt, "a tar member's name is longer than 64 KiB");
  TRY(settle(entry));
  left = entry.size;
  padding = tar_padding(entry.size);
  return entry;
}

Result<std::optional<TarEntry>> TarReader::next() { return state_->next(); }

Result<size_t> TarReader::read(std::span<std::uint8_t> out) {
  State& state = *state_;
  const auto want = static_cast<size_t>(std::min<std::uint64_t>(out.size(), state.left));
  if (want == 0) return 0;
  TRY_ASSIGN(const size_t count, state.take(out.first(want)));
  if (count == 0) return fail(Kind::Corrupt, "the tar archive ends early");
  state.left -= count;
  return count;
}

Done TarReader::finish(std::uint64_t limit) {
  State& state = *state_;
  if (!state.ended) return fail(Kind::Invalid, "internal error: a tar archive was finished before its last member");
  for (std::uint64_t seen = 0;;) {
    TRY_ASSIGN(const bool more, state.fill());
    if (!more) return {};
    seen += state.ready.size();
    const bool zeros = std::ranges::all_of(state.ready, [](std::uint8_t byte) { return byte == 0; });
    if (!zeros) return fail(Kind::Corrupt, "bytes follow the end of the tar archive");
    if (seen > limit) return fail(Kind::Corrupt, fmt::format("more than {} bytes follow the end of the tar archive", limit));
    state.ready = {};
  }
}

namespace {

using Header = std::array<char, block>;

void put(Header& header, Field field, std::string_view value) {
  std::copy_n(value.begin(), std::min(value.size(), field.width), header.begin() + static_cast<std::ptrdiff_t>(field.at));
}
/// Octal with a NUL at its end; 0 where it does not fit, for a pax record then says it.
void put_octal(Header& header, Field field, std::uint64_t value) {
  if (value > tar::octal_limit(static_cast<unsigned>(field.width))) value = 0;
  put(header, field, fmt::format("{:0{}o}", value, field.width - 1));
}
/// As put_octal, but base-256 where it does not fit: pax has no record for device numbers.
void put_device(Header& header, Field field, std::uint32_t value) {
  if (value <= tar::octal_limit(static_cast<unsigned>(field.width))) return put_octal(header, field, value);
  header[field.at] = static_cast<char>(0x80);
  for (size_t at = 1; at <= 4; ++at) header[field.at + field.width - at] = static_cast<char>(value >> (8 * (at - 1)));
}

char flag_of(FileType type) { return static_cast<char>('0' + static_cast<int>(type)); }

/// A header with its checksum. The path stands at the place where it was split, or whole with its first 100 bytes.
void append_header(Bytes& out, char flag, std::string_view prefix, std::string_view name, const TarEntry& entry) {
  Header header{};
  put(header, name_field, name);
  put(header, prefix_field, prefix);
  put_octal(header, mode_field, entry.mode & 07777);
  put_octal(header, uid_field, entry.uid);
  put_octal(header, gid_field, entry.gid);
  put_octal(header, size_field, entry.size);
  put_octal(header, mtime_field, entry.mtime < 0 ? 0 : static_cast<std::uint64_t>(entry.mtime));
  header[type_at] = flag;
  put(header, link_field, entry.link);
  put(header, magic_field, posix_magic);
  put_device(header, major_field, entry.device_major);
  put_device(header, minor_field, entry.device_minor);
  put(header, sum_field, "        ");
  std::uint32_t sum = 0;
  for (const char c : header) sum += static_cast<std::uint8_t>(c);
  put(header, sum_field, std::string_view(fmt::format("{:06o}", sum) + '\0').substr(0, 7));
  const BytesView bytes = as_bytes({header.data(), header.size()});
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Where a long path is cut into prefix and name: the last slash that leaves both short enough. npos when there is none.
size_t split_at(std::string_view path) {
  const size_t slash = path.substr(0, std::min<size_t>(path.size() - 1, prefix_field.width + 1)).rfind('/');
  if (slash == std::string_view::npos || slash == 0 || path.size() - slash - 1 > name_field.width) return std::string_view::npos;
  return slash;
}

}  // namespace

void append_tar_header(Bytes& out, const TarEntry& entry) {
  std::string path = entry.path.empty() ? "." : entry.path;
  if (entry.type == FileType::Directory && !path.ends_with('/')) path += '/';
  const bool short_path = path.size() <= name_field.width;
  const size_t cut_at = short_path ? std::string::npos : split_at(path);
  const bool is_cut = cut_at != std::string::npos;
  const std::string records = tar::pax_records(entry, short_path || is_cut, path);
  if (!records.empty()) {
    TarEntry extended{.path = {}, .mode = 0644, .size = records.size(), .link = {}, .xattrs = {}};
    append_header(out, 'x', {}, "PaxHeaders/entry", extended);
    const BytesView bytes = as_bytes(records);
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.resize(out.size() + tar_padding(records.size()));
  }
  const std::string_view whole = path;
  append_header(out, flag_of(entry.type), is_cut ? whole.substr(0, cut_at) : std::string_view(), is_cut ? whole.substr(cut_at + 1) : whole, entry);
}

}  // namespace ashlar
