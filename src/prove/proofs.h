#pragma once
// Proofs on the bytes of an image.
#include <memory>
#include <string>
#include <vector>

#include "inventory/known.h"
#include "inventory/target.h"
#include "plan/definition.h"
#include "plan/lock.h"
#include "prove/baseline.h"
#include "prove/check.h"

namespace ashlar::prove {

/// Interpreters that somebody who is believed has signed for, in the place of what the definition says: those of files of the lowest `layers` layers.
struct Vouched {
  std::vector<plan::Interpreter> interpreters{};
  size_t layers = 0;
};

/// What an image is held against. All may lack: then the strict rules of a runtime image hold, and nothing is excused.
struct Yardstick {
  const plan::Definition* definition = nullptr;  ///< for the image's platform
  const plan::Lock* lock = nullptr;
  const Baseline* baseline = nullptr;
  const inventory::Known* known = nullptr;  ///< what its files are, by others than itself; null: nothing is at hand, and everything is its own claim
  const Vouched* vouched = nullptr;
};

/// What an image says that it was made from (usr/share/ashlar/image.json). A claim: good for finding a definition, which then is enforced.
struct Claim {
  std::string image, variant;
};

/// An image, read once, and everything that was seen on its bytes.
class Examination {
 public:
  /// Reads the layers, each by a thread of its own where there are processors for it; those that the shelf has are not read again.
  static Result<Examination> read(inventory::Target& target, const inventory::LayerShelf* shelf = nullptr);
  Examination(Examination&&) noexcept;
  Examination& operator=(Examination&&) noexcept;
  ~Examination();

  const inventory::Contents& contents() const;
  Claim claim() const;
  /// `debian-13`, as the image's os-release says; empty when it says nothing.
  std::string distribution() const;
  /// Answers every check of docs/formats/checks.md but `reproducible` and `run:...`, in its order.
  std::vector<Check> judge(const Yardstick& yardstick) const;

 private:
  struct Seen;
  explicit Examination(std::unique_ptr<Seen> seen);
  std::unique_ptr<Seen> seen_;
};

}  // namespace ashlar::prove
