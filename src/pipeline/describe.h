#pragma once
// What something consists of, whatever the verb was pointed at.
#include <string>

#include "attest/sbom.h"
#include "host/machine.h"

namespace ashlar::pipeline {

/// Describes an image, a root file system (references that inventory::open_target() takes), a lock (`*.lock.json`) or the lock of a definition
/// (`*.yaml`). `platform` empty: the first there is. `again`: layers are read anew, whatever was kept of them. Of a lock, licences are those of the packages that the cache holds.
Result<attest::Sbom> describe(host::Machine& machine, const std::string& target, const std::string& platform, bool again = false);

}  // namespace ashlar::pipeline
