#pragma once
// What changed between two images.
#include <string>
#include <vector>

#include "base/json.h"
#include "inventory/contents.h"

namespace ashlar::inventory {

struct Difference {
  struct Changed { std::string name, before, after; };  ///< before or after is empty where it was added or removed
  std::vector<Changed> packages;   ///< versions
  std::vector<Changed> files;      ///< a few words on each side: type, mode, owner, size, digest
  std::vector<Changed> config;     ///< user, entrypoint, environment, ...
  size_t shared_layers = 0;        ///< of `layers_after`, those that `before` has too: nobody pulls them again
  std::uint64_t pull_bytes = 0;    ///< compressed bytes of the others
  size_t layers_after = 0;
  bool same() const { return packages.empty() && files.empty() && config.empty(); }
};

Difference compare(const Contents& before, const Contents& after);
/// `https://ashlar.dev/diff/v1`, without the schema key.
Json to_json(const Difference& difference);

}  // namespace ashlar::inventory
