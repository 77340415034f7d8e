#pragma once
// Readers of ecosystems: which files tell of components, and what they tell. One ecosystem, one file in inner/, one row.
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "host/files.h"
#include "inventory/component.h"

namespace ashlar::inventory {

/// A range, whole; Corrupt when the file ends before it or when it is larger than `limit`.
Result<Bytes> read_range(const host::ReadFile& file, std::uint64_t offset, std::uint64_t size, std::uint64_t limit = 64 << 20);

/// A record of packages of a language that is there and does not read, is too large or too deep, or names nothing: what it stands for is not known.
struct Unread {
  std::string path;  ///< as Component::path
  std::string cause;
  friend auto operator<=>(const Unread&, const Unread&) = default;
};

/// What a reader found in a file.
struct Told {
  std::vector<Component> components{};
  std::vector<Component> claims{};   ///< of documents in an image (SBOMs, changelogs, logs): never believed, but what is believed is held against them; `remark`: what kind of document
  std::vector<std::string> notes{};  ///< what it could not judge, and why; each makes the file's components incomplete, never the scan fail
  std::vector<Unread> unread{};      ///< records of packages of languages that tell nothing: no verdict is whole without them
  std::vector<std::string> damage{};  ///< of package databases of distributions: records that do not read, and why; no verdict on what is installed is whole then
};

struct Ecosystem {
  std::string_view name;     ///< `python`
  std::string_view summary;
  /// Whether it wants the bytes of a file, by its path (without a leading slash) and first bytes (at most 4,096, or all there are).
  bool (*wants)(std::string_view path, BytesView front);
  /// Total: what it cannot read is told as unread, of package databases as damage. `path` as for wants(). Called from several threads.
  Told (*read)(std::string_view path, const host::ReadFile& file);
  /// Joins what several files told of one component, with the files that lie beside them; null where each file tells all. Called once, with
  /// everything that the ecosystem's files told, in the order of their paths.
  void (*settle)(Told& told, const Contents& contents) = nullptr;
  /// What a file tells depends on where it lies, so that it is asked about every name of one; else about one of those by which it wants the file.
  bool by_place = true;
  bool distribution = false;  ///< it reads a distribution's package database: what cannot be read of it is damage
};

std::span<const Ecosystem> ecosystems();

}  // namespace ashlar::inventory
