#pragma once
// Proofs and run tests of an image, each done once for the same image, definition and program.
#include <optional>
#include <string>
#include <vector>

#include "oci/image.h"
#include "pipeline/workshop.h"
#include "prove/proofs.h"

namespace ashlar::pipeline {

struct TestOptions {
  std::string platform;            ///< of an image for several; the first where it is empty
  host::Path definition;           ///< empty: the one of the catalogue that the image says it was made from
  bool run = true;                 ///< run tests, too
  bool rebuild = false;            ///< build again, whatever that takes
  bool no_rebuild = false;         ///< do not build again, though definition and lock are at hand
  bool again = false;              ///< do not take what is kept
  host::Path lock{};               ///< the definition's; empty: the one beside it
  std::optional<prove::Vouched> vouched{};  ///< interpreters that somebody who is believed has signed for; not beside `definition`
};

struct Tested {
  Digest image = Digest::from({});
  oci::Platform platform;
  std::string definition;          ///< its path, or empty
  bool claimed = false;            ///< the image itself named it
  std::vector<prove::Check> checks;
  bool kept = false;               ///< answered before, not now
  /// No check failed.
  bool passed() const;
  /// Every run test could be run here.
  bool ran() const;
};

/// Opens the image and answers every check. What was answered is kept by the digest of the image, with those of definition, lock and baseline, below
/// `tests` in the cache.
Result<Tested> test(Workshop& workshop, const std::string& ref, const TestOptions& options);

}  // namespace ashlar::pipeline
