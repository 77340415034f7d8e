#pragma once
// What may go of an image's revisions.
#include <string>
#include <vector>

#include "base/digest.h"
#include "host/machine.h"
#include "oci/ref.h"
#include "plan/definition.h"

namespace ashlar::pipeline {

/// A revision beyond those to keep.
struct OldRevision {
  std::string tag;
  Digest digest = Digest::from({});
  std::string kept{};  ///< why it stays nevertheless; empty: it is gone
};

/// Invalid where retain() would be: for a layout, and for `keep` 0.
Done may_retain(const oci::ImageRef& at, unsigned keep);

/// Deletes the definition's revisions at a registry's repository but for the newest `keep`, each with what refers to it and with its platforms. None goes that another
/// tag points at, that is part of an index which stays, or that a statement on an image which stays names. Newest is what has the highest version, then the
/// highest number. Where one of those tags, or what is said of what stays or goes, cannot be read, nothing is deleted. Invalid as may_retain() says.
Result<std::vector<OldRevision>> retain(host::Machine& machine, const oci::ImageRef& at, const plan::Definition& definition, unsigned keep);

}  // namespace ashlar::pipeline
