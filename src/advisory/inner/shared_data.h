#pragma once
// Real feeds for tests: files of others that lie beside the project, or not.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "base/codec.h"

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

}  // namespace ashlar::advisory
