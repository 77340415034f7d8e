#pragma once
// The newest of each selection of bases that this machine has seen: an older one is well signed, too, and is refused. Kept with the state, so that no clean-up of a cache loses it.
#include "pipeline/workshop.h"
#include "policy/selection.h"

namespace ashlar::pipeline {

class NewestSelections {
 public:
  static Result<NewestSelections> open(Workshop& workshop);

  /// Denied where a newer one was seen: of the same selection wherever it lies, or at this path of one that has a serial where this one has none.
  Done admit(const policy::Selection& selection, const host::Path& path) const;
  /// Of the same selection, the serial of the newest; 0: none was seen.
  std::uint64_t newest(const policy::Selection& selection) const;
  /// Keeps it, where it is newer than what was seen. For one that is believed.
  Done keep(const policy::Selection& selection, const host::Path& path);

 private:
  struct Seen {
    std::string id, file;  ///< the file's whole path
    std::uint64_t serial = 0;
  };
  explicit NewestSelections(Workshop& workshop) : workshop_(workshop) {}
  Result<std::vector<Seen>> read() const;

  Workshop& workshop_;
  std::vector<Seen> seen_{};
};

}  // namespace ashlar::pipeline
