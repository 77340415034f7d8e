#include "deb/deb_file.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/codec.h"
#include "base/text.h"

namespace ashlar::deb {
namespace {

constexpr std::string_view ar_magic = "!<arch>\n";
constexpr size_t ar_header_size = 60;
constexpr std::uint64_t max_control = 16 << 20, max_members = 1'000'000, max_metadata = 512 << 20;
constexpr size_t max_name = 255, max_path = 4095;

/// One member's header of an ar archive (ar(5), the common format).
struct ArHeader {
  std::string name;
  std::uint64_t size = 0;
};

Result<ArHeader> parse_header(std::string_view block) {
  ArHeader out;
  if (block.substr(58, 2) != "`\n") return fail(Kind::Corrupt, "a member's header is damaged");
  out.name = std::string(trim(block.substr(0, 16)));
  if (out.name.ends_with('/')) out.name.pop_back();  // as GNU ar writes them
  const std::string_view size = trim(block.substr(48, 10));
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), out.size);
  if (size.empty() || error != std::errc{} || end != size.data() + size.size()) return fail(Kind::Corrupt, fmt::format("the size of member '{}' is no number", out.name));
  return out;
}

/// The members of an ar archive, one after the other; what is left of one is skipped before the next.
class ArReader {
 public:
  explicit ArReader(std::unique_ptr<Source> from) : from_(std::move(from)) {}

  Result<std::optional<ArHeader>> next() {
    if (!begun_) {
      std::uint8_t magic[8];
      if (!read_exactly(*from_, magic) || as_text(magic) != ar_magic) return fail(Kind::Corrupt, "it is no ar archive");
      begun_ = true;
    }
    TRY(skip());
    std::uint8_t block[ar_header_size];
    TRY_ASSIGN(const size_t count, from_->read(block));
    if (count == 0) return std::nullopt;
    TRY(read_exactly(*from_, std::span(block).subspan(count)));
    TRY_ASSIGN(auto header, parse_header(as_text(block)));
    left_ = header.size;
    padding_ = header.size % 2;
    return header;
  }
  Result<size_t> read(std::span<std::uint8_t> out) {
    const auto wanted = static_cast<size_t>(std::min<std::uint64_t>(out.size(), left_));
    if (wanted == 0) return size_t{0};
    TRY_ASSIGN(const size_t count, from_->read(out.first(wanted)));
    if (count == 0) return fail(Kind::Corrupt, "it ends within a member");
    left_ -= count;
    return count;
  }

 private:
  Done skip() {
    Bytes buffer(64 * 1024);
    while (left_ > 0) {
      if (auto count = read(buffer); !count) return std::unexpected(std::move(count).error());
    }
    if (padding_ == 1) {
      // Some writers leave the last member's padding out.
      TRY_ASSIGN(const size_t count, from_->read(std::span(buffer).first(1)));
      if (count == 1 && buffer[0] != '\n' && buffer[0] != 0) return fail(Kind::Corrupt, "a member's padding is damaged");
    }
    padding_ = 0;
    return {};
  }

  std::unique_ptr<Source> from_;
  std::uint64_t left_ = 0, padding_ = 0;
  bool begun_ = false;
};

/// The present member of an archive as a stream.
class MemberSource final : public Source {
 public:
  explicit MemberSource(ArReader& from) : from_(from) {}
  Result<size_t> read(std::span<std::uint8_t> out) override { return from_.read(out); }

 private:
  ArReader& from_;
};

/// The codec of `data.tar.xz`, when `name` is `stem` with a suffix that we know.
Result<std::optional<Codec>> codec_of(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem)) return std::nullopt;
  std::string_view suffix = name.substr(stem.size());
  if (!suffix.empty() && suffix.front() != '.') return std::nullopt;
  if (!suffix.empty()) suffix.remove_prefix(1);
  const auto codec = codec_of_suffix(suffix);
  if (!codec) return fail(Kind::Corrupt, fmt::format("member '{}' is compressed in a way that is not known", name));
  return codec;
}

bool has_line_end(std::string_view text) { return text.find_first_of(std::string_view("\n\r\0", 3)) != std::string_view::npos; }

/// Whether a relative link in the folder of `path` climbs above the root.
bool climbs_out(std::string_view path, std::string_view target) {
  if (target.starts_with('/')) return false;
  long depth = std::count(path.begin(), path.end(), '/');
  for (const std::string_view part : split(target, '/')) {
    if (part == "..") --depth;
    else if (!part.empty() && part != ".") ++depth;
    if (depth < 0) return true;
  }
  return false;
}

}  // namespace

Result<std::string> clean_path(std::string_view raw) {
  const auto denied = [&](std::string_view why) { return cannot(Kind::Denied, fmt::format("take path '{}'", raw.substr(0, 200)), why); };
  if (raw.empty()) return denied("it is empty");
  if (raw.front() == '/') return denied("it is absolute");
  if (has_line_end(raw)) return denied("it holds a line end");
  std::string out;
  for (const std::string_view part : split(raw, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return denied("it leaves its folder by '..'");
    if (part.size() > max_name) return denied("a name in it is longer than 255 bytes");
    if (!out.empty()) out += '/';
    out += part;
  }
  if (out.size() > max_path) return denied("it is longer than 4095 bytes");
  return out;
}

DataReader::DataReader(Source& from, std::string what, std::uint64_t limit) : tar_(from), what_(std::move(what)), bytes_left_(limit) {}

Done DataReader::judge(TarEntry& entry) {
  const std::string raw = entry.path;
  const auto denied = [&](std::string_view why) { return cannot(Kind::Denied, fmt::format("take '{}'", raw.substr(0, 200)), why); };
  TRY_ASSIGN(entry.path, clean_path(raw));
  if (entry.path.empty() && entry.type != FileType::Directory) return denied("it stands for the root, but is no directory");
  metadata_ += entry.path.size() + entry.link.size() + 64;
  for (const auto& [name, value] : entry.xattrs) metadata_ += name.size() + value.size();
  if (++entries_ > max_members || metadata_ > max_metadata) return denied("the package has more members than any would");
  switch (entry.type) {
    case FileType::CharDevice:
    case FileType::BlockDevice: return denied("it is a device node");
    case FileType::Fifo: return denied("it is a fifo");
    case FileType::HardLink: {
      TRY_ASSIGN(entry.link, clean_path(entry.link));
      if (entry.link.empty()) return denied("it is a hard link to the root");
      break;
    }
    case FileType::Symlink:
      if (entry.link.empty() || has_line_end(entry.link) || entry.link.size() > max_path) return denied("its target is no path");
      if (climbs_out(entry.path, entry.link)) return denied(fmt::format("its target '{}' leaves the root", entry.link.substr(0, 200)));
      break;
    case FileType::Regular:
      if (entry.size > bytes_left_) return denied("the package's files are larger than any would be");
      bytes_left_ -= entry.size;
      break;
    case FileType::Directory: break;
  }
  return {};
}

Result<std::optional<TarEntry>> DataReader::next() {
  auto entry = tar_.next();
  if (!entry) return cannot(fmt::format("read files of package '{}'", what_), std::move(entry).error());
  if (!*entry) {
    ended_ = true;
    return std::nullopt;
  }
  if (auto done = judge(**entry); !done) return cannot(fmt::format("read files of package '{}'", what_), std::move(done).error());
  return entry;
}

Result<size_t> DataReader::read(std::span<std::uint8_t> out) { return tar_.read(out); }

struct DebReader::State {
  State(std::unique_ptr<Source> from, std::string name) : archive(std::move(from)), what(std::move(name)) {}
  ArReader archive;
  std::string what;
  std::unique_ptr<Source> stream;  ///< of data.tar
  std::optional<DataReader> data;
  bool has_control = false;

  std::unexpected<Error> corrupt(std::string_view why) const { return cannot(Kind::Corrupt, fmt::format("read package '{}'", what), why); }
  /// The next member that deb(5) gives a meaning; names that begin with `_` are passed over.
  Result<ArHeader> member() {
    for (;;) {
      auto header = archive.next();
      if (!header) return cannot(fmt::format("read package '{}'", what), std::move(header).error());
      if (!*header) return corrupt("it ends before its data");
      if (!(*header)->name.starts_with('_')) return std::move(**header);
    }
  }
};

DebReader::DebReader(std::unique_ptr<Source> from, std::string what) : state_(std::make_unique<State>(std::move(from), std::move(what))) {}
DebReader::~DebReader() = default;
DebReader::DebReader(DebReader&&) noexcept = default;

Result<ControlFiles> DebReader::control() {
  State& state = *state_;
  TRY_ASSIGN(const ArHeader version, state.member());
  if (version.name != "debian-binary") return state.corrupt("its first member is not 'debian-binary'");
  MemberSource version_text(state.archive);
  TRY_ASSIGN(const Bytes text, read_all(version_text, 64));
  if (!as_text(text).starts_with("2.")) return state.corrupt("its format is not version 2");
  TRY_ASSIGN(const ArHeader header, state.member());
  TRY_ASSIGN(const auto codec, codec_of(header.name, "control.tar"));
  if (!codec) return state.corrupt(fmt::format("member '{}' stands where 'control.tar' should", header.name));
  const auto stream = decode(*codec, std::make_unique<MemberSource>(state.archive));
  TarReader tar(*stream);
  ControlFiles files;
  std::uint64_t size = 0;
  for (;;) {
    auto entry = tar.next();
    if (!entry) return cannot(fmt::format("read package '{}'", state.what), std::move(entry).error());
    if (!*entry) break;
    if ((*entry)->type != FileType::Regular) continue;
    TRY_ASSIGN(const std::string name, clean_path((*entry)->path));
    size += (*entry)->size;
    if (size > max_control || files.size() > 1000) return state.corrupt("its control files are larger than 16 MiB");
    TRY_ASSIGN(const Bytes content, read_all(tar, max_control));
    files[name] = std::string(as_text(content));
  }
  if (!files.contains("control")) return state.corrupt("it has no control file");
  state.has_control = true;
  return files;
}

Result<DataReader*> DebReader::data(std::uint64_t limit) {
  State& state = *state_;
  if (!state.has_control) {
    if (auto files = control(); !files) return std::unexpected(std::move(files).error());
  }
  TRY_ASSIGN(const ArHeader header, state.member());
  TRY_ASSIGN(const auto codec, codec_of(header.name, "data.tar"));
  if (!codec) return state.corrupt(fmt::format("member '{}' stands where 'data.tar' should", header.name));
  state.stream = decode(*codec, std::make_unique<MemberSource>(state.archive));
  state.data.emplace(*state.stream, state.what, limit);
  return &*state.data;
}

Done DebReader::finish() {
  State& state = *state_;
  const std::string what = fmt::format("read package '{}'", state.what);
  if (state.data) {
    while (!state.data->ended_) {
      TRY_ASSIGN(const auto entry, state.data->next());
      if (!entry) break;
    }
    if (auto done = state.data->tar_.finish(); !done) return cannot(what, std::move(done).error());
  }
  for (;;) {
    auto header = state.archive.next();
    if (!header) return cannot(what, std::move(header).error());
    if (!*header) return {};
    if (!(*header)->name.starts_with('_')) return state.corrupt(fmt::format("member '{}' follows its data", (*header)->name));
  }
}

}  // namespace ashlar::deb
