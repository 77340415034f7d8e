#include "prove/inner/members.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>

#include <fmt/format.h>

namespace ashlar::prove {
namespace {

using namespace std::string_view_literals;

/// A text may begin with those of bzip2, too: libarchive says whether such a file is one.
constexpr std::string_view magics[] = {"\x1f\x8b"sv, "BZh"sv, "\xfd""7zXZ\0"sv, "\x28\xb5\x2f\xfd"sv, "\x04\x22\x4d\x18"sv, "7z\xbc\xaf\x27\x1c"sv,
                                       "!<arch>\n"sv, "\xed\xab\xee\xdb"sv};

/// cpio(5): a header of octal or hexadecimal digits alone. A file that ends within its first header holds nothing.
bool begins_as_cpio(std::string_view text) {
  const bool old = text.starts_with("070707");
  if (!old && !text.starts_with("070701") && !text.starts_with("070702")) return false;
  const size_t size = old ? 76 : 110;
  return text.size() >= size && text.substr(0, size).find_first_not_of(old ? "01234567" : "0123456789abcdefABCDEF") == std::string_view::npos;
}

/// APPNOTE 4.3.7 and 4.4.5: the header of a member is 30 bytes long, and no method of compression has a number over 99.
bool begins_as_zip(std::string_view text) { return text.size() >= 30 && text.starts_with("PK\x03\x04"sv) && static_cast<unsigned char>(text[8]) <= 99 && text[9] == 0; }

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;

Reader open_reader() {
  Reader reader(archive_read_new(), archive_read_free);
  archive* const a = reader.get();
  for (const auto support : {archive_read_support_filter_gzip, archive_read_support_filter_bzip2, archive_read_support_filter_xz, archive_read_support_filter_zstd,
                             archive_read_support_filter_lz4, archive_read_support_filter_rpm, archive_read_support_format_zip, archive_read_support_format_tar,
                             archive_read_support_format_cpio, archive_read_support_format_ar, archive_read_support_format_7zip, archive_read_support_format_raw})
    support(a);
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

bool is_archive(BytesView content) {
  const std::string_view text = as_text(content);
  if (std::any_of(std::begin(magics), std::end(magics), [&](std::string_view magic) { return text.starts_with(magic); })) return true;
  return begins_as_zip(text) || begins_as_cpio(text) || text.substr(std::min<size_t>(text.size(), 257)).starts_with("ustar") || has_zip_end(content);
}

Result<bool> each_member(BytesView bytes, Budget& budget, const std::function<void(const std::string&, BytesView)>& visit) {
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
    TRY(read_member(a, budget, content));
    const char* const name = archive_entry_pathname(entry);
    visit(raw || name == nullptr ? std::string() : std::string(name), content);
  }
}

}  // namespace ashlar::prove
