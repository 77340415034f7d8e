#include "build/frame.h"

#include <algorithm>
#include <deque>
#include <optional>

#include <fmt/format.h>

#include "base/elf.h"
#include "base/hashing_source.h"
#include "base/text.h"
#include "build/inner/frame_record.h"
#include "build/inner/member_reader.h"
#include "build/inner/packer.h"
#include "build/inner/pruning.h"
#include "deb/control.h"

namespace ashlar::build {
namespace {

/// Pieces of one frame that are being compressed at a time: what a frame in the making holds in memory is twice this, at most.
constexpr size_t max_pieces = 8;
/// Shared objects up to this size are held whole for their soname; larger ones have none that matters to a loader's cache.
constexpr std::uint64_t max_object = 24 << 20;

/// Cuts a run of raw bytes into members, has them compressed by the crew, and writes them in order.
class MemberWriter {
 public:
  MemberWriter(Crew& crew, const plan::Encoder& encoder, Sink& to) : crew_(crew), encoder_(encoder), to_(to) { raw_.reserve(member_size); }
  ~MemberWriter() {
    crew_.help_until([this] { return std::all_of(pieces_.begin(), pieces_.end(), [](const auto& piece) { return piece->done; }); });
  }
  MemberWriter(const MemberWriter&) = delete;
  MemberWriter& operator=(const MemberWriter&) = delete;

  std::uint64_t position() const { return before_ + raw_.size(); }
  Done append(BytesView bytes) {
    while (!bytes.empty()) {
      const size_t count = std::min(bytes.size(), member_size - raw_.size());
      raw_.insert(raw_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
      bytes = bytes.subspan(count);
      if (raw_.size() == member_size) TRY(cut());
    }
    return {};
  }
  Done finish() {
    if (!raw_.empty()) TRY(cut());
    while (!pieces_.empty()) TRY(write_first());
    return {};
  }

  std::vector<FrameMember> members;
  Hasher hasher;
  std::uint64_t packed_size = 0;

 private:
  struct Piece {
    Bytes raw;
    Result<Bytes> packed = Bytes();
    bool done = false;
  };

  Done cut() {
    auto piece = std::make_unique<Piece>();
    piece->raw = std::move(raw_);
    before_ += piece->raw.size();
    raw_ = Bytes();
    raw_.reserve(member_size);
    Piece* const job = piece.get();
    pieces_.push_back(std::move(piece));
    crew_.errand([this, job] {
      Result<Bytes> packed = pack(job->raw, encoder_);
      crew_.locked([&] {
        job->packed = std::move(packed);
        job->done = true;
      });
    });
    return pieces_.size() < max_pieces ? Done() : write_first();
  }

  Done write_first() {
    Piece& piece = *pieces_.front();
    crew_.help_until([&] { return piece.done; });
    if (!piece.packed) return std::unexpected(std::move(piece.packed).error());
    members.push_back({piece.raw.size(), piece.packed->size()});
    packed_size += piece.packed->size();
    hasher.update(*piece.packed);
    TRY(to_.write(*piece.packed));
    pieces_.pop_front();
    return {};
  }

  Crew& crew_;
  const plan::Encoder& encoder_;
  Sink& to_;
  Bytes raw_;
  std::uint64_t before_ = 0;
  std::deque<std::unique_ptr<Piece>> pieces_;
};

/// Content goes through here: into the run, with a look at what kind of file it is.
Done copy_content(Source& from, FrameEntry& each, MemberWriter& to) {
  each.offset = to.position();
  const bool may_be_object = each.entry.path.find(".so") != std::string::npos && each.entry.size <= max_object;
  Bytes object;
  thread_local Bytes buffer(256 * 1024);
  std::uint64_t seen = 0;
  for (;;) {
    TRY_ASSIGN(const size_t count, from.read(buffer));
    if (count == 0) break;
    const BytesView bytes = BytesView(buffer).first(count);
    if (seen == 0) {
      each.elf = is_elf(bytes);
      each.script = as_text(bytes).starts_with("#!");
    }
    if (may_be_object && each.elf) object.insert(object.end(), bytes.begin(), bytes.end());
    seen += count;
    TRY(to.append(bytes));
  }
  if (!object.empty()) each.soname = elf_soname(object);
  if (seen != each.entry.size) return fail(Kind::Corrupt, fmt::format("'{}' ends early", each.entry.path));
  return to.append(Bytes(tar_padding(seen)));
}

/// A hard link needs its target beside it.
Done check_link(const FrameEntry& each, const std::set<std::string>& taken) {
  if (each.entry.type != FileType::HardLink || taken.contains(each.entry.link)) return {};
  return cannot(Kind::Conflict, fmt::format("keep '{}'", each.entry.path), fmt::format("it is a hard link to '{}', which is left out; leave out both", each.entry.link));
}

void move(std::string& path, const Keep& keep) {
  const auto found = keep.moves.find(path);
  if (found != keep.moves.end()) path = found->second;
}

/// Where a symlink of a package leads, by its words alone (deb::DataReader refuses those that leave the root).
std::string target_of(const TarEntry& link) {
  const host::Path to = link.link.starts_with('/') ? host::Path(link.link.substr(1)) : host::Path(link.path).parent_path() / link.link;
  return merge_usr(to.lexically_normal().string(), FileType::Regular);
}

/// What a package's `include` leaves out although a symlink that it takes leads there.
std::set<std::string> needed_by_links(const Frame& frame, const std::set<std::string>& left) {
  std::set<std::string> out;
  for (const FrameEntry& each : frame.entries) {
    if (each.entry.type != FileType::Symlink) continue;
    if (const std::string target = target_of(each.entry); left.contains(target)) out.insert(target);
  }
  return out;
}

/// Fills `frame` and gives what links in it need besides what `keep` includes.
Result<std::set<std::string>> fill(deb::DataReader& data, const Keep& keep, MemberWriter& to, Frame& frame) {
  std::set<std::string> taken, left;
  for (;;) {
    TRY_ASSIGN(auto next, data.next());
    if (!next) break;
    FrameEntry each;
    each.entry = std::move(*next);
    each.entry.path = merge_usr(each.entry.path, each.entry.type);
    if (each.entry.type == FileType::HardLink) each.entry.link = merge_usr(each.entry.link, FileType::Regular);
    if (each.entry.path.empty()) continue;
    if (each.entry.type != FileType::Directory) {
      if (!keep.takes(each.entry.path)) {
        if (!keep.include.empty() && !keep.leaves(each.entry.path)) left.insert(each.entry.path);
        continue;
      }
      move(each.entry.path, keep);
      if (each.entry.type == FileType::HardLink) move(each.entry.link, keep);
      TRY(check_link(each, taken));
      taken.insert(each.entry.path);
      Bytes header;
      append_tar_header(header, each.entry);
      TRY(to.append(header));
      if (each.entry.type == FileType::Regular) TRY(copy_content(data, each, to));
    } else if (!keeps_folder(each.entry.path, keep)) {
      continue;
    } else {
      move(each.entry.path, keep);
    }
    frame.entries.push_back(std::move(each));
  }
  // Of documentation only copyright files are left, in most packages; folders without one go with what was in them.
  std::erase_if(frame.entries, [&](const FrameEntry& each) {
    if (each.entry.type != FileType::Directory || !each.entry.path.starts_with("usr/share/doc/")) return false;
    const auto inside = taken.lower_bound(each.entry.path + "/");
    return inside == taken.end() || !inside->starts_with(each.entry.path + "/");
  });
  return needed_by_links(frame, left);
}

/// Whether the package is the one that the lock says it is: what the image and its records name must be what is in it.
Done check_identity(const plan::LockedPackage& package, const deb::ControlFiles& files) {
  const auto control = files.find("control");
  if (control == files.end()) return fail(Kind::Corrupt, "it has no control file");
  deb::StanzaReader reader(control->second, "control");
  deb::Stanza stanza;
  TRY_ASSIGN(const bool any, reader.next(stanza));
  if (!any) return fail(Kind::Corrupt, "its control file is empty");
  const std::pair<std::string_view, const std::string&> fields[] = {{"Package", package.name}, {"Version", package.version}, {"Architecture", package.architecture}};
  for (const auto& [field, locked] : fields) {
    if (stanza.get(field) != locked)
      return fail(Kind::Conflict, fmt::format("its file says {} '{}', the lock '{}'; lock the definition again", field, stanza.get(field), locked));
  }
  TRY_ASSIGN(const bool more, reader.next(stanza));
  return more ? fail(Kind::Corrupt, "its control file has two paragraphs") : Done();
}

}  // namespace

std::string FrameStore::key(const plan::LockedPackage& package, const Keep& keep, const plan::Encoder& encoder) {
  std::string text = fmt::format("frame 3\n{} {} {} {} {}\n{} {} {} {} {}\n{}\n", package.name, package.version, package.architecture, package.size, package.sha256, encoder.codec, encoder.library, encoder.version, encoder.level, member_size, pruning_version);
  for (const std::string& glob : keep.include) text += "include " + glob + "\n";
  for (const std::string& glob : keep.exclude) text += "exclude " + glob + "\n";
  for (const std::string& path : keep.drop) text += "drop " + path + "\n";
  for (const auto& [from, to] : keep.moves) text += "move " + from + "\n  to " + to + "\n";
  return Digest::of(text).hex();
}

Result<Frame> FrameStore::get(const plan::LockedPackage& package, const Keep& keep, const plan::Encoder& encoder, const host::Blobs& packages, Crew& crew) {
  const std::string name = key(package, keep, encoder);
  const host::Path record = folder_ / "records" / name.substr(0, 2) / name.substr(2);
  if (const auto bytes = files_.read(record)) {
    auto frame = read_record(*bytes);
    const auto blob = frame ? files_.stat(blobs_.path(frame->blob)) : Result<host::FileStat>(std::unexpected(frame.error()));
    if (blob && blob->size == frame->packed_size) {
      (void)files_.touch(record);
      return frame;
    }
  }
  const std::string what = fmt::format("unpack package '{}' {}", package.name, package.version);
  // Again, with more, while links of what an `include` takes lead to what it does not name.
  Keep wider = keep;
  for (;;) {
    std::set<std::string> needed;
    auto frame = make(package, wider, encoder, packages, crew, needed);
    if (!frame) return cannot(what, std::move(frame).error());
    if (needed.empty()) {
      TRY(files_.write(record, to_record(*frame)));
      return frame;
    }
    wider.also.merge(needed);
  }
}

Result<Frame> FrameStore::make(const plan::LockedPackage& package, const Keep& keep, const plan::Encoder& encoder, const host::Blobs& packages, Crew& crew, std::set<std::string>& needed) {
  TRY_ASSIGN(const Digest expected, Digest::parse_hex(package.sha256));
  auto file = packages.open(expected);
  if (!file) return cannot(Kind::NotFound, "open its file", "it is not in the cache; build without --offline, or fetch it again");
  if ((*file)->size() != package.size) return fail(Kind::Corrupt, fmt::format("its file has {} bytes, the lock says {}", (*file)->size(), package.size));
  Hasher hasher;
  deb::DebReader reader(std::make_unique<HashingSource>(host::stream(std::move(*file)), hasher), fmt::format("{} {}", package.name, package.version));
  Frame frame;
  TRY_ASSIGN(frame.control, reader.control());
  TRY(check_identity(package, frame.control));
  TRY_ASSIGN(auto* const data, reader.data());
  TRY_ASSIGN(const auto draft, blobs_.draft());
  MemberWriter writer(crew, encoder, *draft);
  TRY_ASSIGN(needed, fill(*data, keep, writer, frame));
  TRY(writer.finish());
  TRY(reader.finish());
  if (hasher.finish() != expected) return fail(Kind::Corrupt, "its file in the cache has other bytes than the lock says");
  frame.raw_size = writer.position();
  frame.packed_size = writer.packed_size;
  frame.members = std::move(writer.members);
  frame.blob = writer.hasher.finish();
  TRY(blobs_.commit_as(*draft, frame.blob));
  return frame;
}

/// Appends raw bytes `first` to `last` of a member, which lies at `packed_at` of the blob.
Done FrameStore::append(const Frame& frame, size_t member, std::uint64_t packed_at, std::uint64_t first, std::uint64_t last, const plan::Encoder& encoder, Bytes& out) const {
  const std::lock_guard lock(recent_.mutex);
  if (recent_.blob != frame.blob || recent_.member != member) {
    recent_.blob.reset();
    TRY_ASSIGN(const auto file, blobs_.open(frame.blob));
    Bytes packed(frame.members[member].packed_size);
    TRY_ASSIGN(recent_.raw, read_member(*file, packed_at, packed, frame.members[member], encoder));
    recent_.blob = frame.blob;
    recent_.member = member;
  }
  out.insert(out.end(), recent_.raw.begin() + static_cast<std::ptrdiff_t>(first), recent_.raw.begin() + static_cast<std::ptrdiff_t>(last));
  return {};
}

Result<Bytes> FrameStore::content(const Frame& frame, const FrameEntry& entry, const plan::Encoder& encoder) const {
  Bytes out;
  std::uint64_t raw_at = 0, packed_at = 0;
  const std::uint64_t from = entry.offset, to = entry.offset + entry.entry.size;
  for (size_t member = 0; member < frame.members.size() && raw_at < to; ++member) {
    const std::uint64_t raw_size = frame.members[member].raw_size;
    if (raw_at + raw_size > from) {
      auto done = append(frame, member, packed_at, std::max(from, raw_at) - raw_at, std::min(to, raw_at + raw_size) - raw_at, encoder, out);
      if (!done) {
        forget(frame);
        return std::unexpected(std::move(done).error());
      }
    }
    raw_at += raw_size;
    packed_at += frame.members[member].packed_size;
  }
  return out;
}

Done FrameStore::check(std::span<const Frame* const> frames, const plan::Encoder& encoder, Crew& crew, Hasher& raw) const {
  MemberReader members(frames, blobs_, encoder, crew);
  for (const Frame* const frame : frames) {
    const auto walk = [&]() -> Done {
      Hasher hasher;
      for (size_t count = frame->members.size(); count > 0; --count) {
        TRY_ASSIGN(const auto member, members.next());
        hasher.update(member.packed);
        raw.update(member.raw);
      }
      if (hasher.finish() != frame->blob) return fail(Kind::Corrupt, "a frame in the cache has other bytes than were written");
      return {};
    };
    if (auto done = walk(); !done) {
      forget(*frame);
      return done;
    }
  }
  return {};
}

void FrameStore::forget(const Frame& frame) const {
  forgot_ = true;
  (void)blobs_.remove(frame.blob);
}

}  // namespace ashlar::build
