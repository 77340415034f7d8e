#include "inventory/inner/rpm_header.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/old_hash.h"

namespace ashlar::inventory {
namespace {

constexpr std::uint32_t tag_name = 1000, tag_version = 1001, tag_release = 1002, tag_epoch = 1003, tag_vendor = 1011, tag_packager = 1015, tag_arch = 1022, tag_source = 1044,
                        tag_region = 63, tag_sha1 = 269, tag_sha256 = 273, tag_folder_of_file = 1116, tag_base_names = 1117, tag_folders = 1118, tag_module = 5096, tag_sums = 1035, tag_sums_by = 5011;
constexpr std::uint32_t sums_by_sha256 = 8;  // as OpenPGP numbers them (RFC 9580, 9.5)
constexpr std::uint32_t type_int32 = 4, type_text = 6, type_texts = 8, type_translated = 9, type_bytes = 7;
constexpr std::uint32_t max_tags = 65'535, max_files = 1'000'000;

std::uint32_t number(BytesView bytes, size_t at) {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 | std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

class HeaderReader {
 public:
  explicit HeaderReader(BytesView blob) : blob_(blob) {}

  Result<RpmHeader> read() {
    if (blob_.size() < 8) return damaged();
    const std::uint32_t count = number(blob_, 0), size = number(blob_, 4);
    if (count > max_tags || blob_.size() - 8 < std::uint64_t{count} * 16 || blob_.size() - 8 - std::uint64_t{count} * 16 < size) return damaged();
    index_ = blob_.subspan(8, size_t{count} * 16);
    store_ = blob_.subspan(8 + index_.size(), size);
    RpmHeader out;
    out.name = text(tag_name), out.version = text(tag_version), out.release = text(tag_release), out.architecture = text(tag_arch);
    if (out.name.empty() || out.version.empty() || out.release.empty()) return fail(Kind::Corrupt, "a package has no name, version or release");
    out.source = text(tag_source), out.vendor = text(tag_vendor), out.packager = text(tag_packager), out.module = text(tag_module);
    if (const auto epoch = numbers(tag_epoch); !epoch.empty()) out.epoch = epoch[0];
    TRY(check_digest(out.name));
    TRY(read_files(out));
    return out;
  }

 private:
  struct Tag { std::uint32_t type, offset, count; };

  static std::unexpected<Error> damaged() { return fail(Kind::Corrupt, "the header of a package is damaged"); }

  std::optional<Tag> find(std::uint32_t tag) const {
    for (size_t at = 0; at < index_.size(); at += 16) {
      if (number(index_, at) == tag && number(index_, at + 8) <= store_.size()) return Tag{number(index_, at + 4), number(index_, at + 8), number(index_, at + 12)};
    }
    return std::nullopt;
  }

  std::vector<std::string_view> texts(std::uint32_t tag) const {
    const auto found = find(tag);
    if (!found || (found->type != type_text && found->type != type_texts && found->type != type_translated)) return {};
    std::vector<std::string_view> out;
    std::string_view rest = as_text(store_.subspan(found->offset));
    for (std::uint32_t left = std::min(found->count, max_files); left > 0; --left) {
      const size_t end = rest.find('\0');
      if (end == std::string_view::npos) return {};
      out.push_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    return out;
  }
  std::string text(std::uint32_t tag) const {
    const auto found = texts(tag);
    return found.empty() ? std::string() : std::string(found[0]);
  }
  std::vector<std::uint32_t> numbers(std::uint32_t tag) const {
    const auto found = find(tag);
    if (!found || found->type != type_int32 || (store_.size() - found->offset) / 4 < found->count || found->count > max_files) return {};
    std::vector<std::uint32_t> out;
    for (std::uint32_t each = 0; each < found->count; ++each) out.push_back(number(store_, found->offset + size_t{each} * 4));
    return out;
  }

  /// The part of a header that its package was signed with, a region of tags before those that were added when it was installed, against the digest
  /// that stands among the latter. A header without a region or digest has nothing to be held against.
  Done check_digest(const std::string& name) const {
    const auto region = find(tag_region);
    const std::string sha256 = text(tag_sha256), sha1 = text(tag_sha1);
    if (!region || (sha256.empty() && sha1.empty())) return {};
    if (region->type != type_bytes || region->count != 16 || store_.size() - region->offset < 16) return damaged();
    const std::uint32_t back = ~number(store_, region->offset + 8) + 1;  // its trailer says how far before it the index begins, as a negative number
    const size_t size = size_t{region->offset} + 16;
    if (back % 16 != 0 || back > index_.size()) return damaged();
    Bytes whole = {0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0};  // as in the package's file, whose magic counts
    const auto put = [&](std::uint32_t value) {
      for (const int shift : {24, 16, 8, 0}) whole.push_back(static_cast<std::uint8_t>(value >> shift));
    };
    put(back / 16), put(static_cast<std::uint32_t>(size));
    whole.insert(whole.end(), index_.begin(), index_.begin() + back);
    whole.insert(whole.end(), store_.begin(), store_.begin() + static_cast<std::ptrdiff_t>(size));
    bool same = sha256.empty() || Digest::of(whole).hex() == sha256;
    if (sha256.empty()) {
      OldHasher hasher(OldHash::Sha1);
      hasher.update(whole);
      same = hasher.finish() == sha1;
    }
    return same ? Done() : fail(Kind::Corrupt, fmt::format("the header of '{}' has another digest than it was signed with", name));
  }

  Done read_files(RpmHeader& out) const {
    const auto names = texts(tag_base_names), folders = texts(tag_folders);
    const auto folder_of = numbers(tag_folder_of_file);
    if (names.size() != folder_of.size()) return damaged();
    std::uint64_t bytes = 0;
    for (size_t at = 0; at < names.size(); ++at) {
      if (folder_of[at] >= folders.size()) return damaged();
      std::string_view folder = folders[folder_of[at]];
      if (folder.starts_with('/')) folder.remove_prefix(1);
      bytes += folder.size() + names[at].size();
      if (bytes > (64 << 20)) return fail(Kind::Corrupt, "the paths of a package take more than 64 MiB");  // one long folder, named often
      out.files.push_back(fmt::format("{}{}", folder, names[at]));
    }
    read_sums(out);
    return {};
  }

  void read_sums(RpmHeader& out) const {
    const auto by = numbers(tag_sums_by);
    const auto sums = texts(tag_sums);
    if (by.empty() || by[0] != sums_by_sha256 || sums.size() != out.files.size()) return;
    for (const std::string_view hex : sums) {
      const auto digest = Digest::parse_hex(hex);  // folders and links have none
      out.sums += digest ? as_text(digest->raw()) : std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32);
    }
  }

  BytesView blob_, index_, store_;
};

}  // namespace

std::string RpmHeader::full_version() const { return epoch.value_or(0) == 0 ? fmt::format("{}-{}", version, release) : fmt::format("{}:{}-{}", *epoch, version, release); }

Result<RpmHeader> read_rpm_header(BytesView blob) { return HeaderReader(blob).read(); }

}  // namespace ashlar::inventory
