#pragma once
// A tag that moves, moved back (docs/formats/tags.md).
#include <string>
#include <vector>

#include "pipeline/verify.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

struct RollbackOptions {
  std::string to{};           ///< a digest or a tag of the same place; empty: the revision before the present one
  TrustSettings trust{};      ///< whose signature it must have; empty: none is asked for
};

struct RolledBack {
  std::string place{}, tag{};  ///< `host/repository` or a layout's folder, and the tag that moves
  Digest from = Digest::from({}), to = Digest::from({});
  std::string from_revision{}, to_revision{};  ///< their names; empty: they have none
  std::vector<std::string> still{};  ///< other tags that move and point at what it goes back from
  bool asked = false;          ///< whether a signature was asked for
  Verification verification{}; ///< of the one that it goes back to, where that was asked
  bool moved = false;          ///< false: it points there already, or may not
};

/// Writes it into the ledger, where this project keeps one: the renewal that it goes back from is not published again by itself. Nothing where nothing moved.
Done write_down(Workshop& workshop, const oci::ImageRef& ref, const RolledBack& done, const std::string& by, const std::string& reason);

/// Moves the tag of `ref` back, to an image that lies there whole and, where somebody is believed, is signed by them: else nothing moves, and `moved` is false.
/// Where nobody is, only to what a revision names: whatever passed its gate has one. Invalid for what is no image that runs, and for a revision, which never moves; NotFound where there is no such tag or nothing before it; Conflict where no revision tells what came before.
Result<RolledBack> rollback(Workshop& workshop, const oci::ImageRef& ref, const RollbackOptions& options);

}  // namespace ashlar::pipeline
