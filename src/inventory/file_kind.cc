#include "inventory/file_kind.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace ashlar::inventory {
namespace {

using namespace std::string_view_literals;

constexpr std::array programs = {"\x7f""ELF"sv, "\xfe\xed\xfa\xce"sv, "\xfe\xed\xfa\xcf"sv, "\xce\xfa\xed\xfe"sv, "\xcf\xfa\xed\xfe"sv, "\xca\xfe\xba\xbe"sv, "\xca\xfe\xba\xbf"sv, "\0asm"sv, "dex\n"sv};
constexpr std::array archives = {"PK\x03\x04"sv, "PK\x05\x06"sv, "PK\x07\x08"sv, "JM\x01\0"sv, "\x1f\x8b"sv, "\x1f\x9d"sv, "\xfd""7zX"sv, "\x5d\0\0"sv, "\x28\xb5\x2f\xfd"sv, "\x04\x22\x4d\x18"sv, "\x02\x21\x4c\x18"sv,
                                 "LZIP"sv, "7z\xbc\xaf"sv, "Rar!\x1a"sv, "!<ar"sv, "!<thin>\n"sv, "070701"sv, "070702"sv, "070707"sv, "hsqs"sv, "sqsh"sv, "MSCF\0"sv, "\xed\xab\xee\xdb"sv};

bool starts_with_any(std::string_view front, const auto& magics) {
  return std::ranges::any_of(magics, [&](std::string_view magic) { return front.starts_with(magic); });
}

/// Its level and the mark of a block, or of the end where there is none.
bool is_bzip2(std::string_view front) {
  return front.starts_with("BZh") && front.size() >= 10 && front[3] >= '1' && front[3] <= '9' && (front.substr(4).starts_with("1AY&SY") || front.substr(4).starts_with("\x17\x72\x45\x38\x50\x90"));
}

/// A program of DOS or Windows; text that begins so has no zeros.
bool is_pe(std::string_view front) { return front.starts_with("MZ") && front.size() >= 64 && front.substr(0, 64).find('\0') != std::string_view::npos; }

/// A tar header by its checksum (POSIX.1-2024, pax, "ustar Interchange Format"), which archives of every kind of tar have.
bool is_tar(std::string_view front) {
  constexpr size_t sum_at = 148, sum_size = 8;
  if (front.size() < 512 || front[0] == '\0') return false;
  unsigned said = 0, digits = 0;
  for (const char c : front.substr(sum_at, sum_size)) {
    if (c >= '0' && c <= '7') said = said * 8 + static_cast<unsigned>(c - '0'), ++digits;
    else if (c != ' ' && c != '\0') return false;
    else if (digits > 0) break;
  }
  if (digits == 0) return false;
  unsigned sum = sum_size * ' ';
  for (size_t at = 0; at < 512; ++at) sum += at < sum_at || at >= sum_at + sum_size ? static_cast<unsigned char>(front[at]) : 0U;
  return sum == said;
}

}  // namespace

FileKind kind_of(BytesView bytes) {
  const std::string_view front = as_text(bytes).substr(0, kind_front);
  if (starts_with_any(front, programs) || is_pe(front)) return FileKind::Program;
  return starts_with_any(front, archives) || is_bzip2(front) || is_tar(front) ? FileKind::Archive : FileKind::Other;
}

void KindFinder::more(BytesView bytes) {
  if (!begun_) {
    begun_ = true;
    script_ = as_text(bytes).starts_with("#!");
  }
  if (!known_) {
    if (front_.empty() && bytes.size() >= kind_front) {
      kind_ = kind_of(bytes.first(kind_front));
      known_ = true;
    } else {
      front_ += as_text(bytes).substr(0, kind_front - front_.size());
      script_ = front_.starts_with("#!");
      known_ = front_.size() == kind_front;
      if (known_) kind_ = kind_of(as_bytes(front_));
    }
  }
  packed_ = packed_ || (script_ && std::memchr(bytes.data(), 0, bytes.size()) != nullptr);
  const BytesView end = bytes.last(std::min(bytes.size(), tail_.size()));
  std::ranges::rotate(tail_, tail_.begin() + static_cast<std::ptrdiff_t>(end.size()));
  std::ranges::copy(end, tail_.end() - static_cast<std::ptrdiff_t>(end.size()));
}

FileKind KindFinder::finish() const {
  const FileKind kind = known_ ? kind_ : kind_of(as_bytes(front_));
  if (kind != FileKind::Other) return kind;
  return packed_ || std::memcmp(tail_.data(), "PK\x05\x06", 4) == 0 ? FileKind::Archive : FileKind::Other;
}

}  // namespace ashlar::inventory
