#pragma once
// A Packages file read as a stream: no more of its text stays than what packages need.
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "deb/package.h"

namespace ashlar::deb {

/// Packages, with the texts that they look into.
struct IndexPart {
  std::vector<Package> packages;
  std::vector<std::unique_ptr<char[]>> texts;
};

/// As parse_packages(), from a stream that has `size` bytes (0: not known), on two threads where that is worth it.
Result<IndexPart> read_packages(Source& from, std::uint64_t size, std::string_view path, std::uint32_t archive);

/// Moves all of `from` behind what `to` has.
void append(IndexPart& to, IndexPart from);

}  // namespace ashlar::deb
