#include "oci/inner/tar_places.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/tar.h"

namespace ashlar::oci {
namespace {

constexpr size_t max_json = 16 << 20;

/// A part of an open file as a stream.
class PartSource final : public Source {
 public:
  PartSource(std::unique_ptr<host::ReadFile> file, std::uint64_t offset, std::uint64_t size) : file_(std::move(file)), at_(offset), end_(offset + size) {}
  Result<size_t> read(std::span<std::uint8_t> out) override {
    const size_t wanted = static_cast<size_t>(std::min<std::uint64_t>(out.size(), end_ - at_));
    if (wanted == 0) return size_t{0};
    TRY_ASSIGN(const size_t count, file_->read_at(at_, out.first(wanted)));
    if (count == 0) return fail(Kind::Corrupt, "the archive ends within a blob");
    at_ += count;
    return count;
  }

 private:
  std::unique_ptr<host::ReadFile> file_;
  std::uint64_t at_, end_;
};

/// An archive as a tar reader sees it: header blocks come one by one, so that the place after a header is known; content comes unread.
class HeaderSource final : public Source {
 public:
  explicit HeaderSource(const host::ReadFile& file) : file_(file) {}
  std::uint64_t at() const { return at_; }
  /// The next bytes are content that nobody looks at.
  void pass(std::uint64_t count) { passing_ = count; }
  Result<size_t> read(std::span<std::uint8_t> out) override {
    constexpr size_t block = 512;
    size_t count = static_cast<size_t>(std::min<std::uint64_t>(out.size(), passing_));
    if (count == 0) {
      TRY_ASSIGN(count, file_.read_at(at_, out.first(std::min(out.size(), block))));
    } else {
      passing_ -= count;
    }
    at_ += count;
    return count;
  }

 private:
  const host::ReadFile& file_;
  std::uint64_t at_ = 0, passing_ = 0;
};

std::string clean(std::string path) { return path.starts_with("./") ? path.substr(2) : path; }

}  // namespace

Done refuse_compressed(const host::ReadFile& file) {
  Bytes front(6);
  TRY_ASSIGN(const size_t count, file.read_at(0, front));
  return codec_of_magic(BytesView(front).first(count)) == Codec::None ? Done() : fail(Kind::Invalid, "it is compressed; decompress it first");
}

Result<std::map<std::string, TarPlace>> places_in(const host::ReadFile& file) {
  std::map<std::string, TarPlace> out;
  HeaderSource source(file);
  TarReader tar(source);
  for (;;) {
    TRY_ASSIGN(auto member, tar.next());
    if (!member) return out;
    const std::uint64_t place = source.at();
    if (member->size > file.size() || place > file.size() - member->size || tar_padding(member->size) > file.size() - member->size - place) return fail(Kind::Corrupt, fmt::format("it ends within '{}'", member->path));
    source.pass(member->size + tar_padding(member->size));
    const bool link = member->type == FileType::Symlink || member->type == FileType::HardLink;
    if (member->type == FileType::Regular || link) out.insert_or_assign(clean(member->path), TarPlace{place, member->size, std::move(member->link)});
  }
}

Result<std::string> text_at(const host::ReadFile& file, const TarPlace& place, std::string_view name) {
  if (place.size > max_json) return fail(Kind::Corrupt, fmt::format("its {} is larger than 16 MiB", name));
  std::string out(place.size, '\0');
  TRY_ASSIGN(const size_t count, file.read_at(place.offset, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()}));
  return count == out.size() ? Result<std::string>(std::move(out)) : fail(Kind::Corrupt, fmt::format("it ends within {}", name));
}

std::unique_ptr<Source> stream_part(std::unique_ptr<host::ReadFile> file, std::uint64_t offset, std::uint64_t size) { return std::make_unique<PartSource>(std::move(file), offset, size); }

}  // namespace ashlar::oci
