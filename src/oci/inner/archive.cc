#include "oci/inner/archive.h"

#include <algorithm>
#include <set>

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

Done ArchiveReader::note_members(const host::ReadFile& file) {
  constexpr std::string_view blobs = "blobs/sha256/";
  HeaderSource source(file);
  TarReader tar(source);
  bool layout = false;
  for (;;) {
    TRY_ASSIGN(const auto member, tar.next());
    if (!member) break;
    const std::uint64_t place = source.at();
    if (member->size > file.size() || place > file.size() - member->size) return fail(Kind::Corrupt, fmt::format("it ends within '{}'", member->path));
    source.pass(member->size + tar_padding(member->size));
    const std::string name = clean(member->path);
    if (member->type != FileType::Regular) continue;
    layout = layout || name == "oci-layout";
    if (name == "index.json") {
      if (member->size > max_json) return fail(Kind::Corrupt, "its index.json is larger than 16 MiB");
      index_.resize(member->size);
      TRY_ASSIGN(const size_t count, file.read_at(place, {reinterpret_cast<std::uint8_t*>(index_.data()), index_.size()}));
      if (count != index_.size()) return fail(Kind::Corrupt, "it ends within index.json");
    }
    if (name.starts_with(blobs)) {
      if (const auto digest = Digest::parse_hex(std::string_view(name).substr(blobs.size()))) places_.insert_or_assign(*digest, Place{place, member->size});
    }
  }
  return layout && !index_.empty() ? Done() : fail(Kind::NotFound, "it holds no OCI image layout");
}

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(host::Files& files, const host::Path& path) {
  const std::string what = fmt::format("open archive '{}'", path.string());
  TRY_ASSIGN(const auto file, files.open(path));
  Bytes front(6);
  TRY_ASSIGN(const size_t count, file->read_at(0, front));
  if (codec_of_magic(BytesView(front).first(count)) != Codec::None) return cannot(Kind::Invalid, what, "it is compressed; decompress it first");
  auto reader = std::unique_ptr<ArchiveReader>(new ArchiveReader(files, path));
  if (auto noted = reader->note_members(*file); !noted) return cannot(what, std::move(noted).error());
  return reader;
}

Result<std::string> ArchiveReader::blob(const Digest& digest, size_t limit) {
  const std::string what = fmt::format("read blob '{}'", digest.str());
  TRY_ASSIGN(auto source, open(digest));
  auto bytes = read_all(*source, limit);
  if (!bytes) return cannot(what, std::move(bytes).error());
  if (Digest::of(*bytes) != digest) return cannot(Kind::Corrupt, what, "its bytes have another digest");
  return std::string(as_text(*bytes));
}

Result<std::unique_ptr<Source>> ArchiveReader::open(const Digest& digest) {
  const auto found = places_.find(digest);
  if (found == places_.end()) return cannot(Kind::Corrupt, fmt::format("open blob '{}'", digest.str()), fmt::format("archive '{}' does not hold it", path_.string()));
  TRY_ASSIGN(auto file, files_.open(path_));
  return std::make_unique<PartSource>(std::move(file), found->second.offset, found->second.size);
}

Done write_tar(host::Files& files, const host::Path& folder, const std::vector<std::string>& names, const host::Path& archive) {
  TRY_ASSIGN(const auto draft, files.draft(archive.has_parent_path() ? archive.parent_path() : host::Path(".")));
  std::set<std::string> folders;
  for (const std::string& name : names) {
    // Folders are said before what is in them: whoever makes up those that are not said gives them to root, which an ordinary user cannot.
    for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      TarEntry parent;
      parent.path = name.substr(0, slash);
      parent.type = FileType::Directory;
      parent.mode = 0755;
      Bytes header;
      if (folders.insert(parent.path).second) append_tar_header(header, parent);
      TRY(draft->write(header));
    }
    TRY_ASSIGN(auto file, files.open(folder / name));
    TarEntry entry;
    entry.path = name;
    entry.mode = 0644;
    entry.size = file->size();
    Bytes header;
    append_tar_header(header, entry);
    TRY(draft->write(header));
    const auto source = host::stream(std::move(file));
    TRY_ASSIGN(const auto moved, copy(*source, *draft));
    if (moved != entry.size) return cannot(Kind::Conflict, fmt::format("write archive '{}'", archive.string()), fmt::format("'{}' changed meanwhile", name));
    TRY(draft->write(Bytes(tar_padding(entry.size))));
  }
  TRY(draft->write(Bytes(tar_end_size)));
  return draft->commit(archive);
}

}  // namespace ashlar::oci
