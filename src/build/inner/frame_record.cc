#include "build/inner/frame_record.h"

#include <cstring>

#include "base/packing.h"

namespace ashlar::build {
namespace {

constexpr std::string_view form = "ashlar frame 1";

void write(Packer& to, const FrameEntry& each) {
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

FrameEntry read_entry(Unpacker& from) {
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
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
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
  Packer to;
  to.text(as_text(frame.blob.raw()));
  to.number(frame.raw_size);
  to.number(frame.packed_size);
  to.number(frame.members.size());
  for (const FrameMember& member : frame.members) to.number(member.raw_size), to.number(member.packed_size);
  to.number(frame.control.size());
  for (const auto& [name, text] : frame.control) to.text(name), to.text(text);
  to.number(frame.entries.size());
  for (const FrameEntry& entry : frame.entries) write(to, entry);
  return seal(form, to.take());
}

Result<Frame> read_record(std::string_view bytes) {
  const auto damaged = [] { return fail(Kind::Corrupt, "the record of a frame is damaged"); };
  TRY_ASSIGN(const BytesView body, unseal(form, bytes));
  Unpacker from(body);
  Frame frame;
  const std::string raw = from.text();
  if (raw.size() != 32) return damaged();
  std::array<std::uint8_t, 32> digest{};
  std::memcpy(digest.data(), raw.data(), 32);
  frame.blob = Digest::from(digest);
  frame.raw_size = from.number();
  frame.packed_size = from.number();
  frame.members.resize(static_cast<size_t>(from.count()));
  for (FrameMember& member : frame.members) {
    member.raw_size = from.number();
    member.packed_size = from.number();
  }
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    std::string name = from.text();
    frame.control[std::move(name)] = from.text();
  }
  const std::uint64_t entries = from.count();
  frame.entries.reserve(static_cast<size_t>(entries));
  for (std::uint64_t at = 0; at < entries && from.sound(); ++at) frame.entries.push_back(read_entry(from));
  if (!from.sound()) return damaged();
  return frame;
}

}  // namespace ashlar::build
