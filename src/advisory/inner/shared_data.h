#pragma once
// Real feeds for tests: files of others that lie beside the project, or not.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/codec.h"
#include "base/tar.h"

namespace ashlar::advisory {

inline std::string shared_path(std::string_view name) { return (std::filesystem::path(ASHLAR_SHARED_DIR) / "data/advisories" / name).string(); }

/// The text of a `.zst` file, or nothing when it is not there.
inline std::optional<std::string> shared_text(std::string_view name) {
  std::ifstream in(shared_path(name), std::ios::binary);
  if (!in) return std::nullopt;
  const std::string packed{std::istreambuf_iterator<char>(in), {}};
  const auto source = decode(Codec::Zstd, std::make_unique<MemorySource>(as_bytes(packed)));
  const auto bytes = read_all(*source, size_t{200} << 20);
  return bytes ? std::optional<std::string>(as_text(*bytes)) : std::nullopt;
}

/// The members of a `.tar.zst` whose names end so, by name; none when it is not there.
inline std::map<std::string, std::string> shared_members(std::string_view name, std::string_view suffix) {
  std::map<std::string, std::string> out;
  const auto text = shared_text(name);
  if (!text) return out;
  MemorySource source(as_bytes(*text));
  TarReader reader(source);
  for (auto entry = reader.next(); entry && *entry; entry = reader.next()) {
    if ((*entry)->type != FileType::Regular || !(*entry)->path.ends_with(suffix)) continue;
    const auto bytes = read_all(reader, size_t{100} << 20);
    if (bytes) out[(*entry)->path] = std::string(as_text(*bytes));
  }
  return out;
}

}  // namespace ashlar::advisory
