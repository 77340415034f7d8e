#include "inventory/inner/layer.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace ashlar::inventory {
namespace {

constexpr std::string_view form = "ashlar layer 3";

/// Digests as bytes: their hex digits take twice the room.
void pack_hex(Packer& to, std::string_view hex) {
  std::string bytes;
  const auto value = [](char digit) { return digit <= '9' ? digit - '0' : digit - 'a' + 10; };
  for (size_t at = 0; at + 1 < hex.size(); at += 2) bytes += static_cast<char>(value(hex[at]) * 16 + value(hex[at + 1]));
  to.text(bytes);
}

std::string unpack_hex(Unpacker& from) { return to_hex(as_bytes(from.view())); }

std::optional<Digest> unpack_digest(Unpacker& from) {
  std::array<std::uint8_t, 32> digest{};
  const std::string_view bytes = from.view();
  if (bytes.size() != digest.size()) return std::nullopt;
  std::ranges::copy(as_bytes(bytes), digest.begin());
  return Digest::from(digest);
}

void pack(Packer& to, const TarEntry& entry) {
  to.text(entry.path);
  to.number(static_cast<std::uint64_t>(entry.type));
  for (const std::uint64_t value : {std::uint64_t{entry.mode}, std::uint64_t{entry.uid}, std::uint64_t{entry.gid}, entry.size}) to.number(value);
  to.moment(Time{entry.mtime});
  to.text(entry.link);
  to.number(entry.device_major);
  to.number(entry.device_minor);
  to.number(entry.xattrs.size());
  for (const auto& [name, value] : entry.xattrs) to.text(name), to.text(value);
}

TarEntry unpack_entry(Unpacker& from) {
  TarEntry entry;
  entry.path = from.text();
  entry.type = static_cast<FileType>(from.number());
  entry.mode = static_cast<std::uint32_t>(from.number());
  entry.uid = static_cast<std::uint32_t>(from.number());
  entry.gid = static_cast<std::uint32_t>(from.number());
  entry.size = from.number();
  entry.mtime = from.moment().value_or(Time{}).seconds;
  entry.link = from.text();
  entry.device_major = static_cast<std::uint32_t>(from.number());
  entry.device_minor = static_cast<std::uint32_t>(from.number());
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    std::string name = from.text();
    entry.xattrs[std::move(name)] = from.text();
  }
  return entry;
}

void pack(Packer& to, const File& file) {
  pack(to, file.entry);
  to.text(file.content ? as_text(file.content->raw()) : std::string_view());
  pack_hex(to, file.sha1);
  pack_hex(to, file.md5);
  to.text(file.front);
  to.number(static_cast<std::uint64_t>(file.kind));
}

File unpack_file(Unpacker& from, const Place& place) {
  File file{.entry = unpack_entry(from), .content = {}, .layer = place.layer, .bytes = place};
  file.content = unpack_digest(from);
  file.sha1 = unpack_hex(from);
  file.md5 = unpack_hex(from);
  file.front = from.text();
  file.kind = static_cast<FileKind>(from.number());
  return file;
}

void pack(Packer& to, const Component& component) {
  for (const std::string* const text : {&component.type, &component.name, &component.version, &component.architecture, &component.source, &component.source_version, &component.maintainer,
                                        &component.distribution, &component.module, &component.path, &component.remark}) {
    to.text(*text);
  }
  to.texts(component.symbols);
  to.texts(component.files);
  to.text(component.sums);
}

Component unpack_component(Unpacker& from) {
  Component out;
  for (std::string* const text : {&out.type, &out.name, &out.version, &out.architecture, &out.source, &out.source_version, &out.maintainer, &out.distribution, &out.module, &out.path, &out.remark}) *text = from.text();
  out.symbols = from.texts();
  out.files = from.texts();
  out.sums = from.text();
  return out;
}

}  // namespace

void pack(Packer& to, const Told& told) {
  for (const auto* const components : {&told.components, &told.claims}) {
    to.number(components->size());
    for (const Component& each : *components) pack(to, each);
  }
  to.texts(told.notes);
  to.number(told.unread.size());
  for (const Unread& each : told.unread) to.text(each.path), to.text(each.cause);
  to.texts(told.damage);
}

Told unpack_told(Unpacker& from) {
  Told told;
  for (auto* const components : {&told.components, &told.claims}) {
    for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) components->push_back(unpack_component(from));
  }
  told.notes = from.texts();
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    std::string path = from.text();
    told.unread.push_back({std::move(path), from.text()});
  }
  told.damage = from.texts();
  return told;
}

std::string to_record(std::string_view key, const Layer& layer, std::string_view found) {
  Packer to;
  to.text(key);
  to.text(as_text(layer.diff_id.raw()));
  to.number(layer.members.size());
  for (const File& file : layer.members) pack(to, file);
  to.number(layer.texts.size());
  for (const auto& [member, text] : layer.texts) to.number(member), to.text(text);
  to.text(found);
  return seal(form, to.take());
}

Result<KeptLayer> read_record(std::string_view key, std::string_view record, size_t at) {
  TRY_ASSIGN(const BytesView body, unseal(form, record));
  Unpacker from(body);
  if (from.view() != key) return fail(Kind::Corrupt, "it is the record of another layer");
  KeptLayer out;
  const auto diff_id = unpack_digest(from);
  if (!diff_id) return fail(Kind::Corrupt, "it does not hold what its form says");
  out.layer.diff_id = *diff_id;
  const std::uint64_t members = from.count();
  out.layer.members.reserve(static_cast<size_t>(members));
  for (size_t member = 0; member < members && from.sound(); ++member) out.layer.members.push_back(unpack_file(from, {at, member}));
  for (std::uint64_t left = from.count(); left > 0 && from.sound(); --left) {
    const auto member = static_cast<size_t>(from.number());
    out.layer.texts[member] = from.text();
  }
  out.found = from.text();
  if (!from.sound() || !from.at_end()) return fail(Kind::Corrupt, "it does not hold what its form says");
  return out;
}

}  // namespace ashlar::inventory
