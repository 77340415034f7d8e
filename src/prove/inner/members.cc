#include "prove/inner/members.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <bit>
#include <memory>

#include <fmt/format.h>

#include "base/codec.h"

namespace ashlar::prove {
namespace {

using namespace std::string_view_literals;

std::uint64_t number(std::string_view text, size_t at, size_t width) {
  std::uint64_t value = 0;
  for (size_t each = 0; each < width; ++each) value |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[at + each])) << (8 * each);
  return value;
}
unsigned byte(std::string_view text, size_t at) { return static_cast<unsigned char>(text[at]); }

/// CRC-32 of ISO 3309, as xz and 7z take it over their headers.
std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xffffffff;
  for (size_t at = 0; at < text.size(); ++at) {
    crc ^= byte(text, at);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

/// RFC 1952: deflate is the only method, and the upper three flags are zero.
bool begins_as_gzip(std::string_view text) { return text.size() >= 18 && byte(text, 2) == 8 && (byte(text, 3) & 0xe0) == 0; }
/// The level, then the sign of a block or of the end.
bool begins_as_bzip2(std::string_view text) {
  return text.size() >= 14 && text[3] >= '1' && text[3] <= '9' && (text.substr(4).starts_with("1AY&SY") || text.substr(4).starts_with("\x17rE8P\x90"sv));
}
/// The .xz format 2.1.1: flags, and a sum over them.
bool begins_as_xz(std::string_view text) { return text.size() >= 12 && byte(text, 6) == 0 && byte(text, 7) <= 15 && crc32(text.substr(6, 2)) == number(text, 8, 4); }
/// RFC 8878 section 3.1.1: a reserved bit, the header's parts, and the first block's kind and size.
bool begins_as_zstd(std::string_view text) {
  if (text.size() < 9 || (byte(text, 4) & 0x08) != 0) return false;
  const unsigned flags = byte(text, 4), content = flags >> 6, dictionary = flags & 3;
  const bool single = (flags & 0x20) != 0;
  const size_t header = 5 + (single ? 0 : 1) + (dictionary == 3 ? 4 : dictionary) + (content == 0 ? (single ? 1 : 0) : size_t{1} << content);
  if (text.size() < header + 3) return false;
  const std::uint64_t block = number(text, header, 3);
  return (block >> 1 & 3) != 3 && block >> 3 <= 128 * 1024;
}
/// LZ4 frame format 1.6: version 1, reserved bits, and a size of blocks from 4 to 7.
bool begins_as_lz4(std::string_view text) { return text.size() >= 11 && byte(text, 4) >> 6 == 1 && (byte(text, 4) & 2) == 0 && (byte(text, 5) & 0x8f) == 0 && byte(text, 5) >> 4 >= 4; }
/// 7zFormat.txt, SignatureHeader: a sum over the place of the header.
bool begins_as_7z(std::string_view text) { return text.size() >= 32 && crc32(text.substr(12, 20)) == number(text, 8, 4); }
/// lzip 1.25: version 1 and a size of the dictionary from 4 KiB to 512 MiB.
bool begins_as_lzip(std::string_view text) { return text.size() >= 26 && byte(text, 4) == 1 && (byte(text, 5) & 31) >= 12 && (byte(text, 5) & 31) <= 29; }
/// ar(5): nothing, or a member's header, which ends in two signs.
bool begins_as_ar(std::string_view text) { return text.size() == 8 || (text.size() >= 68 && text.substr(66, 2) == "`\n"); }
bool begins_as_rpm(std::string_view text) { return text.size() >= 96 && (byte(text, 4) == 3 || byte(text, 4) == 4) && byte(text, 6) == 0 && byte(text, 7) <= 1; }
bool begins_as_cab(std::string_view text) { return text.size() >= 36 && number(text, 4, 4) == 0 && byte(text, 25) == 1; }
bool begins_as_rar(std::string_view text) { return text.size() >= 20 && (byte(text, 6) == 0 || (byte(text, 6) == 1 && byte(text, 7) == 0)); }
bool begins_as_xar(std::string_view text) { return text.size() >= 28 && text.substr(4, 4) == "\0\x1c\0\1"sv; }

/// cpio(5): a header of octal or hexadecimal digits alone. A file that ends within its first header holds nothing.
bool begins_as_cpio(std::string_view text) {
  const bool old = text.starts_with("070707");
  if (!old && !text.starts_with("070701") && !text.starts_with("070702")) return false;
  const size_t size = old ? 76 : 110;
  return text.size() >= size && text.substr(0, size).find_first_not_of(old ? "01234567" : "0123456789abcdefABCDEF") == std::string_view::npos;
}

/// APPNOTE 4.3.7 and 4.4.5: the header of a member is 30 bytes long, and no method of compression has a number over 99.
bool begins_as_zip(std::string_view text) { return text.size() >= 30 && text.starts_with("PK\x03\x04"sv) && byte(text, 8) <= 99 && text[9] == 0; }

/// lzma-file-format.txt: properties, a dictionary of 2^n or 2^n + 2^(n-1) bytes, and an unknown size or one below 256 GiB.
bool begins_as_lzma(std::string_view text) {
  if (text.size() < 18 || text[0] != 0x5d) return false;
  const std::uint64_t dictionary = number(text, 1, 4), size = number(text, 5, 8);
  const std::uint64_t top = std::bit_floor(dictionary);
  return dictionary >= 4096 && (dictionary == top || dictionary == top + top / 2) && (size == ~std::uint64_t{0} || size < std::uint64_t{1} << 38) && text[13] == 0;
}

/// uuencode's first line (POSIX): `begin 644 name`, `begin-base64 644 name`.
bool begins_as_uu(std::string_view text) {
  size_t at = text.starts_with("begin ") ? 6 : text.starts_with("begin-base64 ") ? 13 : 0;
  if (at == 0 || text.size() < at + 5) return false;
  return text.substr(at, 3).find_first_not_of("01234567") == std::string_view::npos && text[at + 3] == ' ';
}

/// Archives by their first bytes, and what must follow them.
struct Magic { std::string_view text; bool (*holds)(std::string_view); };
constexpr Magic magics[] = {{"\x1f\x8b"sv, begins_as_gzip}, {"BZh"sv, begins_as_bzip2},       {"\xfd""7zXZ\0"sv, begins_as_xz},       {"\x28\xb5\x2f\xfd"sv, begins_as_zstd}, {"\x04\x22\x4d\x18"sv, begins_as_lz4},
                            {"LZIP"sv, begins_as_lzip},     {"7z\xbc\xaf\x27\x1c"sv, begins_as_7z}, {"!<arch>\n"sv, begins_as_ar},        {"\xed\xab\xee\xdb"sv, begins_as_rpm},  {"MSCF"sv, begins_as_cab},
                            {"Rar!\x1a\x07"sv, begins_as_rar}, {"xar!"sv, begins_as_xar},        {"PK\x03\x04"sv, begins_as_zip},        {"070701"sv, begins_as_cpio},          {"070702"sv, begins_as_cpio},
                            {"070707"sv, begins_as_cpio},   {"]\0\0"sv, begins_as_lzma},       {"begin"sv, begins_as_uu}};
/// Those that are looked for anywhere, with the flags that gzip files have.
constexpr std::string_view anywhere[] = {"\x1f\x8b\x08\x00"sv, "\x1f\x8b\x08\x08"sv, "BZh91AY&SY"sv, "BZh61AY&SY"sv, "BZh11AY&SY"sv, "\xfd""7zXZ\0"sv, "\x28\xb5\x2f\xfd"sv, "\x04\x22\x4d\x18"sv, "LZIP\1"sv, "7z\xbc\xaf\x27\x1c"sv,
                                         "Rar!\x1a\x07"sv, "070701"sv, "hsqs"sv};

/// Formats that nobody here reads: where their sign stands, and what more must be so.
struct Seal { std::string_view text; size_t at; std::string_view what; bool (*holds)(std::string_view); };
bool always(std::string_view) { return true; }
/// squashfs 4.0: versions, and a size of blocks that is the power of two which its logarithm says.
bool holds_squashfs(std::string_view text) { return text.size() >= 96 && number(text, 28, 2) == 4 && number(text, 30, 2) == 0 && number(text, 22, 2) >= 12 && number(text, 22, 2) <= 20 && number(text, 12, 4) == std::uint64_t{1} << number(text, 22, 2); }
/// ext2 and its heirs: a state and a behaviour after the sign, and blocks of 1 to 64 KiB.
bool holds_ext(std::string_view text) { return text.size() >= 2048 && number(text, 1024 + 24, 4) <= 6 && number(text, 1024 + 58, 2) <= 7 && number(text, 1024 + 60, 2) >= 1 && number(text, 1024 + 60, 2) <= 3; }
constexpr Seal seals[] = {{"hsqs"sv, 0, "a squashfs image", holds_squashfs}, {"\xe2\xe1\xf5\xe0"sv, 1024, "an erofs image", always}, {"\x45\x3d\xcd\x28"sv, 0, "a cramfs image", always}, {"-rom1fs-"sv, 0, "a romfs image", always},
                          {"\x53\xef"sv, 1080, "an ext file system", holds_ext}, {"_BHRfS_M"sv, 65600, "a btrfs file system", always}, {"XFSB\0\0"sv, 0, "an xfs file system", always}, {"\x89LZO\0\r\n\x1a\n"sv, 0, "packed by lzop", always},
                          {"LRZI\0"sv, 0, "packed by lrzip", always}, {"7kSt"sv, 0, "packed by zpaq", always}, {"**ACE**"sv, 7, "an ACE archive", always}, {"QFI\xfb"sv, 0, "a disk image (qcow)", always}, {"KDMV"sv, 0, "a disk image (vmdk)", always}};

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;

Reader open_reader() {
  Reader reader(archive_read_new(), archive_read_free);
  archive* const a = reader.get();
  for (const auto support : {archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_xz, archive_read_support_filter_zstd,
                             archive_read_support_filter_lz4, archive_read_support_filter_rpm, archive_read_support_filter_lzma, archive_read_support_filter_lzip,
                             archive_read_support_filter_compress, archive_read_support_filter_uu, archive_read_support_format_zip, archive_read_support_format_tar,
                             archive_read_support_format_cpio, archive_read_support_format_ar, archive_read_support_format_7zip, archive_read_support_format_cab,
                             archive_read_support_format_rar, archive_read_support_format_rar5, archive_read_support_format_lha, archive_read_support_format_xar,
                             archive_read_support_format_iso9660, archive_read_support_format_raw})
    support(a);
  archive_read_set_option(a, "tar", "read_concatenated_archives", "1");  // another archive may stand behind the end of the first
  return reader;
}

std::unexpected<Error> damaged(archive* a) {
  const char* const why = archive_error_string(a);
  return fail(Kind::Corrupt, fmt::format("its archive is damaged: {}", why == nullptr ? "no reason known" : why));
}

/// Everything of the present member, into `content`.
Done read_member(archive* a, Budget& budget, Bytes& content) {
  content.clear();
  for (;;) {
    const size_t before = content.size(), step = std::max<size_t>(64 * 1024, before);
    content.resize(before + step);
    const auto count = archive_read_data(a, content.data() + before, step);
    if (count < 0) {
      content.resize(before);
      return damaged(a);
    }
    content.resize(before + static_cast<size_t>(count));
    if (static_cast<std::uint64_t>(count) > budget.bytes) return fail(Kind::Invalid, "its archive holds more than 1 GiB");
    budget.bytes -= static_cast<std::uint64_t>(count);
    if (count == 0) return {};
  }
}

}  // namespace

bool has_zip_end(BytesView content) {  // APPNOTE 4.3.16: the record at the end, before a comment of at most 65,535 bytes
  const std::string_view text = as_text(content);
  const std::string_view tail = text.substr(text.size() - std::min<size_t>(text.size(), 22 + 65535));
  const size_t at = tail.rfind("PK\x05\x06"sv);
  return at != std::string_view::npos && tail.size() - at >= 22 &&
         22 + (static_cast<unsigned char>(tail[at + 20]) | static_cast<size_t>(static_cast<unsigned char>(tail[at + 21])) << 8) == tail.size() - at;
}

bool begins_archive(BytesView content) {
  const std::string_view text = as_text(content);
  return std::ranges::any_of(magics, [&](const Magic& each) { return text.starts_with(each.text) && each.holds(text); });
}

bool is_archive(BytesView content) {
  const std::string_view text = as_text(content);
  const auto has = [&](size_t at, std::string_view sign) { return text.substr(std::min(text.size(), at)).starts_with(sign); };
  const bool lha = has(2, "-lh") && text.size() > 21 && text[6] == '-';
  const bool packed = text.starts_with("\x1f\x9d"sv) && text.size() > 5 && (byte(text, 2) & 0x60) == 0 && (byte(text, 2) & 31) >= 9 && (byte(text, 2) & 31) <= 16;
  return begins_archive(content) || has(257, "ustar") || has(32769, "CD001") || lha || packed || has_zip_end(content);
}

std::span<const std::string_view> archive_texts() { return anywhere; }

std::string_view sealed(BytesView content) {
  const std::string_view text = as_text(content);
  const auto found = std::ranges::find_if(seals, [&](const Seal& each) { return text.substr(std::min(text.size(), each.at)).starts_with(each.text) && each.holds(text); });
  return found == std::end(seals) ? std::string_view() : found->what;
}

namespace {

/// What comes out of a compressed file before the place where it is damaged or other bytes follow; libarchive keeps its last piece for itself then.
Bytes whole_part(BytesView bytes, Budget& budget) {
  constexpr size_t step = 256;  // what stands in the last step is lost
  Bytes out;
  const auto source = decode(codec_of_magic(bytes), std::make_unique<MemorySource>(bytes));
  for (;;) {
    const size_t before = out.size();
    out.resize(before + step);
    const auto count = budget.bytes < step ? Result<size_t>(size_t{0}) : source->read(std::span(out).subspan(before));
    out.resize(before + count.value_or(0));
    budget.bytes -= count.value_or(0);
    if (!count || *count == 0) return out;
  }
}

Result<bool> walk(BytesView bytes, Budget& budget, const std::function<void(const std::string&, BytesView)>& visit) {
  const Reader reader = open_reader();
  archive* const a = reader.get();
  if (archive_read_open_memory(a, bytes.data(), bytes.size()) != ARCHIVE_OK) return damaged(a);
  Bytes content;
  for (;;) {
    archive_entry* entry = nullptr;
    const int answer = archive_read_next_header(a, &entry);
    if (answer == ARCHIVE_EOF) return true;
    if (answer < ARCHIVE_WARN) return damaged(a);
    const bool raw = archive_format(a) == ARCHIVE_FORMAT_RAW;
    if (raw && archive_filter_code(a, 0) == ARCHIVE_FILTER_NONE) {  // the very same bytes
      if (has_zip_end(bytes)) return fail(Kind::Corrupt, "a zip archive ends it, and its list of members cannot be found");
      return false;
    }
    if (budget.members-- == 0) return fail(Kind::Invalid, "its archive has more than 200,000 members");
    if (archive_entry_is_encrypted(entry) != 0) return fail(Kind::Corrupt, "its archive is encrypted");
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const char* const name = archive_entry_pathname(entry);
    const std::string shown = raw || name == nullptr ? std::string() : std::string(name);
    const Done whole = read_member(a, budget, content);
    if (whole || !content.empty()) visit(shown, content);
    TRY(whole);
  }
}

}  // namespace

Result<bool> each_member(BytesView bytes, Budget& budget, const std::function<void(const std::string&, BytesView)>& visit) {
  bool visited = false;
  auto answer = walk(bytes, budget, [&](const std::string& name, BytesView content) {
    visited = true;
    visit(name, content);
  });
  if (!answer && answer.error().kind == Kind::Corrupt && !visited && codec_of_magic(bytes) != Codec::None) {
    if (const Bytes part = whole_part(bytes, budget); !part.empty()) visit({}, part);
  }
  return answer;
}

}  // namespace ashlar::prove
