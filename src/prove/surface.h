#pragma once
// What whoever uses an image meets: its files with their owners, its configuration and users, and what its ELF files give to each other.
#include <memory>

#include "inventory/target.h"

namespace ashlar::prove {

/// An image, read once for comparisons with others: behaviour() and rebasing() take two of them.
class Surface {
 public:
  /// Reads the layers once, each by a thread of its own where there are processors for it; those that the shelf has are not read again.
  static Result<Surface> read(inventory::Target& target, const inventory::LayerShelf* shelf = nullptr);
  Surface(Surface&&) noexcept;
  Surface& operator=(Surface&&) noexcept;
  ~Surface();

  const inventory::Contents& contents() const;

  struct Seen;
  const Seen& seen() const { return *seen_; }  ///< for this room

 private:
  explicit Surface(std::unique_ptr<Seen> seen);
  std::unique_ptr<Seen> seen_;
};

}  // namespace ashlar::prove
