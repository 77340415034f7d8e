#include "advisory/inner/documents.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include <fmt/format.h>

#include "base/codec.h"
#include "host/tree.h"

namespace ashlar::advisory {
namespace {

constexpr size_t max_document = size_t{512} << 20, max_member = size_t{256} << 20;
constexpr size_t max_documents = 2'000'000;

/// A file for libarchive to read from.
struct Feeder {
  std::unique_ptr<host::ReadFile> file;
  std::uint64_t at = 0;
  Bytes buffer = Bytes(256 * 1024);
  std::string failure{};
};

la_ssize_t feed(archive* a, void* data, const void** out) {
  auto& feeder = *static_cast<Feeder*>(data);
  const auto count = feeder.file->read_at(feeder.at, feeder.buffer);
  if (!count) {
    feeder.failure = count.error().message;
    archive_set_error(a, EIO, "%s", feeder.failure.c_str());
    return -1;
  }
  feeder.at += *count;
  *out = feeder.buffer.data();
  return static_cast<la_ssize_t>(*count);
}

using Archive = std::unique_ptr<archive, decltype(&archive_read_free)>;

std::unexpected<Error> damaged(archive* a) {
  const char* const why = archive_error_string(a);
  return fail(Kind::Corrupt, fmt::format("it is damaged: {}", why == nullptr ? "no reason known" : why));
}

/// The present member, whole. What it says of its size is asked before it is read, and not believed.
Result<Bytes> content_of(archive* a, archive_entry* entry, const std::string& name) {
  const auto refused = [&] { return fail(Kind::Corrupt, fmt::format("'{}' in it is larger than 256 MiB", name)); };
  Bytes out, piece(256 * 1024);
  if (archive_entry_size_is_set(entry) != 0) {
    const la_int64_t size = archive_entry_size(entry);
    if (size < 0 || static_cast<std::uint64_t>(size) > max_member) return refused();
    out.reserve(static_cast<size_t>(size) + Padded::padding);
  }
  for (;;) {
    const auto count = archive_read_data(a, piece.data(), piece.size());
    if (count < 0) return damaged(a);
    if (count == 0) return out;
    if (out.size() + static_cast<size_t>(count) > max_member) return refused();
    out.insert(out.end(), piece.begin(), piece.begin() + count);
  }
}

/// The digests of documents, by path.
class Digests {
 public:
  Done add(const Document& document) {
    if (!digests_.emplace(document.path, Digest::of(document.bytes).hex()).second) return fail(Kind::Corrupt, fmt::format("'{}' stands in it twice", document.path));
    return digests_.size() <= max_documents ? Done() : fail(Kind::Corrupt, "it has more than 2,000,000 documents");
  }
  Result<Digest> finish(std::string_view suffix) const {
    if (digests_.empty()) return fail(Kind::Corrupt, fmt::format("it has no document whose name ends with '{}'", suffix));
    Hasher hasher;
    for (const auto& [path, hex] : digests_) hasher.update(fmt::format("{}  {}\n", hex, path));
    return hasher.finish();
  }

 private:
  std::map<std::string, std::string, std::less<>> digests_;
};

std::string without_dot(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  return std::string(path);
}

Result<Digest> each_member(std::unique_ptr<host::ReadFile> file, std::string_view suffix, const std::function<Done(const Document&)>& each) {
  const Archive reader(archive_read_new(), archive_read_free);
  archive* const a = reader.get();
  for (const auto support : {archive_read_support_filter_gzip, archive_read_support_filter_xz, archive_read_support_filter_zstd, archive_read_support_format_zip, archive_read_support_format_tar}) support(a);
  Feeder feeder{.file = std::move(file)};
  if (archive_read_open(a, &feeder, nullptr, feed, nullptr) != ARCHIVE_OK) return damaged(a);
  Digests digests;
  for (;;) {
    archive_entry* entry = nullptr;
    const int answer = archive_read_next_header(a, &entry);
    if (answer == ARCHIVE_EOF) return digests.finish(suffix);
    if (answer < ARCHIVE_WARN) return damaged(a);
    const char* const name = archive_entry_pathname(entry);
    if (archive_entry_filetype(entry) != AE_IFREG || name == nullptr || !std::string_view(name).ends_with(suffix)) continue;
    const std::string path = without_dot(name);
    TRY_ASSIGN(Bytes bytes, content_of(a, entry, path));
    const Padded padded = Padded::of(std::move(bytes));
    const Document document{path, padded.view()};
    TRY(digests.add(document));
    TRY(each(document));
  }
}

Result<Digest> each_file(host::Files& files, const host::Path& folder, std::string_view suffix, const std::function<Done(const Document&)>& each) {
  TRY_ASSIGN(const auto entries, host::list_tree(folder));
  Digests digests;
  for (const TarEntry& entry : entries) {
    if ((entry.type != FileType::Regular && entry.type != FileType::HardLink) || !entry.path.ends_with(suffix)) continue;
    TRY_ASSIGN(auto open, files.open(folder / entry.path));
    const auto source = host::stream(std::move(open));
    TRY_ASSIGN(Bytes bytes, read_all(*source, max_document));
    const Padded padded = Padded::of(std::move(bytes));
    const Document document{entry.path, padded.view()};
    TRY(digests.add(document));
    TRY(each(document));
  }
  return digests.finish(suffix);
}

/// Whether decoded bytes begin a tar archive, or any bytes a zip one (APPNOTE 4.3.7).
bool begins_archive(BytesView front) {
  const std::string_view text = as_text(front);
  return text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06") || text.substr(std::min<size_t>(text.size(), 257)).starts_with("ustar");
}

Result<Bytes> front_of(Source& source) {
  Bytes front(512);
  size_t have = 0;
  while (have < front.size()) {
    TRY_ASSIGN(const size_t count, source.read(std::span(front).subspan(have)));
    if (count == 0) break;
    have += count;
  }
  front.resize(have);
  return front;
}

}  // namespace

Padded Padded::of(Bytes bytes) {
  bytes.resize(bytes.size() + padding);
  Padded out;
  out.bytes_ = std::move(bytes);
  return out;
}

Result<Digest> each_document(host::Files& files, const host::Path& path, std::string_view suffix, const std::function<Done(const Document&)>& each) {
  TRY_ASSIGN(const auto stat, files.stat(path));
  if (stat.type == host::NodeType::Directory) return each_file(files, path, suffix, each);
  const auto decoded = [&]() -> Result<std::unique_ptr<Source>> {
    TRY_ASSIGN(auto file, files.open(path));
    Bytes magic(16);
    TRY_ASSIGN(const size_t count, file->read_at(0, magic));
    return decode(codec_of_magic(BytesView(magic).first(count)), host::stream(std::move(file)));
  };
  TRY_ASSIGN(auto first, decoded());
  TRY_ASSIGN(const Bytes front, front_of(*first));
  first.reset();
  if (begins_archive(front)) {
    TRY_ASSIGN(auto file, files.open(path));
    return each_member(std::move(file), suffix, each);
  }
  TRY_ASSIGN(auto whole, decoded());
  TRY_ASSIGN(Bytes bytes, read_all(*whole, max_document));
  const Padded padded = Padded::of(std::move(bytes));
  const std::string name = path.filename().string();
  TRY(each(Document{name, padded.view()}));
  return Digest::of(padded.view());
}

}  // namespace ashlar::advisory
