#pragma once
// Whether an image's own layers may lie on another base than the one that they were made on (docs/rebasing.md).
#include <string>
#include <vector>

#include "prove/surface.h"

namespace ashlar::prove {

/// The same layers of an application on two bases. `layers`: how many of the image's, from the lowest, are the old base's.
struct Rebasing {
  const Surface& old_base;
  const Surface& image;
  const Surface& new_base;
  const Surface& rebased;
  size_t layers = 0;
};

/// Why not: one thing that would be lost or would not work.
struct Refusal {
  std::string id;       ///< `base-file-changed`, `symbol-gone`, ...: a stable word
  std::string subject;  ///< a path with its slash, a user, a variable
  std::string what;     ///< in words, one line
};

struct RebaseAnswer {
  std::vector<Refusal> refusals{};      ///< sorted; none: it is safe as far as bytes tell
  std::vector<std::string> harmless{};  ///< what both have and is the same, a line each
};

RebaseAnswer may_rebase(const Rebasing& rebasing);

}  // namespace ashlar::prove
