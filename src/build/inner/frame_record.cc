#include "build/inner/frame_record.h"

#include <algorithm>
#include <cstring>

namespace ashlar::build {
namespace {

constexpr std::string_view magic = "ashlar frame 1\n";

class Writer {
 public:
  void number(std::uint64_t value) {  // LEB128
    while (value >= 0x80) {
      out.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out.push_back(static_cast<char>(value));
  }
  void text(std::string_view value) {
    number(value.size());
    out.append(value);
  }
  std::string out{magic};
};

class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) break;
      const auto byte = static_cast<std::uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    good = false;
    return 0;
  }
  /// A count of things that take at least one byte each.
  size_t count() {
    const std::uint64_t value = number();
    if (value > rest_.size()) good = false;
    return good ? static_cast<size_t>(value) : 0;
  }
  std::string text() {
    const size_t size = count();
    const std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }
  bool good = true;

 private:
  std::string_view rest_;
};

void write(Writer& to, const FrameEntry& each) {
  const TarEntry& entry = each.entry;
  to.text(entry.path);
  to.number(static_cast<std::uint64_t>(entry.type));
  for (const std::uint64_t value : {std::uint64_t{entry.mode}, std::uint64_t{entry.uid}, std::uint64_t{entry.gid}, static_cast<std::uint64_t>(entry.mtime), entry.size, each.offset}) to.number(value);
  to.text(entry.link);
  to.number(entry.xattrs.size());
  for (const auto& [name, value] : entry.xattrs) to.text(name), to.text(value);
  to.text(each.soname);
  to.number((each.elf ? 1U : 0U) | (each.script ? 2U : 0U));
}

FrameEntry read_entry(Reader& from) {
  FrameEntry each;
  TarEntry& entry = each.entry;
  entry.path = from.text();
  entry.type = static_cast<FileType>(from.number());
  entry.mode = static_cast<std::uint32_t>(from.number());
  entry.uid = static_cast<std::uint32_t>(from.number());
  entry.gid = static_cast<std::uint32_t>(from.number());
  entry.mtime = static_cast<std::int64_t>(from.number());
  entry.size = from.number();
  each.offset = from.number();
  entry.link = from.text();
  for (size_t left = from.count(); left > 0 && from.good; --left) {
    std::string name = from.text();
    entry.xattrs[std::move(name)] = from.text();
  }
  each.soname = from.text();
  const std::uint64_t flags = from.number();
  each.elf = (flags & 1) != 0;
  each.script = (flags & 2) != 0;
  return each;
}

}  // namespace

std::string to_record(const Frame& frame) {
  Writer to;
  to.text(as_text(frame.blob.raw()));
  to.number(frame.raw_size);
  to.number(frame.packed_size);
  to.number(frame.members.size());
  for (const FrameMember& member : frame.members) to.number(member.raw_size), to.number(member.packed_size);
  to.number(frame.control.size());
  for (const auto& [name, text] : frame.control) to.text(name), to.text(text);
  to.number(frame.entries.size());
  for (const FrameEntry& entry : frame.entries) write(to, entry);
  const Digest digest = Digest::of(to.out);
  to.out.append(as_text(digest.raw()));
  return std::move(to.out);
}

Result<Frame> read_record(std::string_view bytes) {
  const auto damaged = [] { return fail(Kind::Corrupt, "the record of a frame is damaged"); };
  if (!bytes.starts_with(magic) || bytes.size() < magic.size() + 32) return damaged();
  const std::string_view body = bytes.substr(0, bytes.size() - 32);
  if (as_text(Digest::of(body).raw()) != bytes.substr(bytes.size() - 32)) return damaged();
  Reader from(body.substr(magic.size()));
  Frame frame;
  const std::string raw = from.text();
  if (raw.size() != 32) return damaged();
  std::array<std::uint8_t, 32> digest{};
  std::memcpy(digest.data(), raw.data(), 32);
  frame.blob = Digest::from(digest);
  frame.raw_size = from.number();
  frame.packed_size = from.number();
  frame.members.resize(from.count());
  for (FrameMember& member : frame.members) {
    member.raw_size = from.number();
    member.packed_size = from.number();
  }
  for (size_t left = from.count(); left > 0 && from.good; --left) {
    std::string name = from.text();
    frame.control[std::move(name)] = from.text();
  }
  const size_t entries = from.count();
  frame.entries.reserve(entries);
  for (size_t at = 0; at < entries && from.good; ++at) frame.entries.push_back(read_entry(from));
  if (!from.good) return damaged();
  return frame;
}

}  // namespace ashlar::build
