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
constexpr std::uint64_t max_control = 16 << 20, max_members = 1'000'000, max_metadata = 128 << 20;
constexpr int max_control_members = 1000;
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
      std::uint8_t magic[ar_magic.size()];
      TRY(read_exactly(*from_, magic));
      if (as_text(magic) != ar_magic) return fail(Kind::Corrupt, "it is no ar archive");
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
    if (left_ > 0) {
      Bytes buffer(64 * 1024);
      while (left_ > 0) TRY(read(buffer));
    }
    if (padding_ == 1) {
      // Some writers leave the last member's padding out.
      std::uint8_t padding = 0;
      TRY_ASSIGN(const size_t count, from_->read({&padding, 1}));
      if (count == 1 && padding != '\n' && padding != 0) return fail(Kind::Corrupt, "a member's padding is damaged");
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
  if (std::ranges::any_of(raw, [](unsigned char byte) { return byte < 0x20 || byte == 0x7f; })) return denied("it holds a control character");
  if (!is_utf8(raw)) return denied("it is not UTF-8");
  std::string out;
  for (const std::string_view part : split(raw, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return denied("it leaves its folder by '..'");
    if (part.size() > max_name) return denied("a name in it is longer than 255 bytes");
    if (part.starts_with(".wh.")) return denied("a layer of an image would read it as a whiteout");
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

Result<size_t> DataReader::read(std::span<std::uint8_t> out) {
  auto count = tar_.read(out);
  if (!count) return cannot(fmt::format("read files of package '{}'", what_), std::move(count).error());
  return count;
}

struct DebReader::State {
  State(std::unique_ptr<Source> from, std::string name) : archive(std::move(from)), what(std::move(name)) {}
  ArReader archive;
  std::string what;
  std::unique_ptr<Source> stream;  ///< of data.tar
  std::optional<DataReader> data;
  bool has_control = false, has_data = false;

  /// Runs a step and says of which package its error speaks.
  template <class Step>
  auto in_package(Step step) -> decltype(step()) {
    auto result = step();
    if (!result) return cannot(fmt::format("read package '{}'", what), std::move(result).error());
    return result;
  }
  /// The next member that deb(5) gives a meaning; names that begin with `_` are passed over.
  Result<ArHeader> member() {
    for (;;) {
      TRY_ASSIGN(auto header, archive.next());
      if (!header) return fail(Kind::Corrupt, "it ends before its data");
      if (!header->name.starts_with('_')) return std::move(*header);
    }
  }
  /// The next such member, which must be a tar archive of this name.
  Result<Codec> tar_member(std::string_view stem) {
    TRY_ASSIGN(const ArHeader header, member());
    TRY_ASSIGN(const auto codec, codec_of(header.name, stem));
    if (!codec) return fail(Kind::Corrupt, fmt::format("member '{}' stands where '{}' should", header.name.substr(0, 16), stem));
    return *codec;
  }
  Done read_version();
  Result<ControlFiles> read_control();
  Done skip_to_data();
  Done finish();  ///< after the data's last member
};

Done DebReader::State::read_version() {
  TRY_ASSIGN(const ArHeader version, member());
  if (version.name != "debian-binary") return fail(Kind::Corrupt, "its first member is not 'debian-binary'");
  MemberSource source(archive);
  TRY_ASSIGN(const Bytes text, read_all(source, 64));
  if (!as_text(text).starts_with("2.")) return fail(Kind::Corrupt, "its format is not version 2");
  return {};
}

Result<ControlFiles> DebReader::State::read_control() {
  if (has_control) return fail(Kind::Invalid, "internal error: its control files were read before");
  has_control = true;
  TRY(read_version());
  TRY_ASSIGN(const Codec codec, tar_member("control.tar"));
  const auto content = decode(codec, std::make_unique<MemberSource>(archive));
  TarReader tar(*content);
  ControlFiles files;
  std::uint64_t size = 0;
  int members = 0;
  for (;; ++members) {
    TRY_ASSIGN(const auto entry, tar.next());
    if (!entry) break;
    if (members == max_control_members) return fail(Kind::Corrupt, "it has too many control files");
    TRY_ASSIGN(const std::string name, clean_path(entry->path));
    if (entry->type == FileType::Directory) continue;
    if (entry->type != FileType::Regular || name.empty()) return fail(Kind::Denied, fmt::format("control file '{}' is no regular file", name));
    size += entry->size;
    if (size > max_control) return fail(Kind::Corrupt, "its control files are larger than 16 MiB");
    TRY_ASSIGN(const Bytes text, read_all(tar, max_control));
    if (!files.emplace(name, as_text(text)).second) return fail(Kind::Corrupt, fmt::format("control file '{}' stands twice", name));
  }
  TRY(tar.finish());
  if (!files.contains("control")) return fail(Kind::Corrupt, "it has no file 'control'");
  return files;
}

/// For finish() when nobody asked for the data.
Done DebReader::State::skip_to_data() {
  if (!has_control) TRY(read_control());
  has_data = true;
  TRY(tar_member("data.tar"));
  return {};
}

Done DebReader::State::finish() {
  if (!has_data) TRY(skip_to_data());
  if (data) TRY(data->tar_.finish());
  for (;;) {
    TRY_ASSIGN(const auto header, archive.next());
    if (!header) return {};
    // deb(5) lets unknown members follow, but two of these would let readers differ on what the package holds.
    for (const std::string_view known : {"debian-binary", "control.tar", "data.tar"}) {
      if (header->name.starts_with(known)) return fail(Kind::Corrupt, fmt::format("member '{}' follows its data", header->name));
    }
  }
}

DebReader::DebReader(std::unique_ptr<Source> from, std::string what) : state_(std::make_unique<State>(std::move(from), std::move(what))) {}
DebReader::~DebReader() = default;
DebReader::DebReader(DebReader&&) noexcept = default;

Result<ControlFiles> DebReader::control() {
  return state_->in_package([&] { return state_->read_control(); });
}

Result<DataReader*> DebReader::data(std::uint64_t limit) {
  return state_->in_package([&]() -> Result<DataReader*> {
    State& state = *state_;
    if (state.has_data) return fail(Kind::Invalid, "internal error: its data were read before");
    if (!state.has_control) TRY(state.read_control());
    state.has_data = true;
    TRY_ASSIGN(const Codec codec, state.tar_member("data.tar"));
    state.stream = decode(codec, std::make_unique<MemberSource>(state.archive));
    return &state.data.emplace(*state.stream, state.what, limit);
  });
}

Done DebReader::finish() {
  while (state_->data && !state_->data->ended_) TRY(state_->data->next());
  return state_->in_package([&] { return state_->finish(); });
}

}  // namespace ashlar::deb
