#pragma once
// Images moved between registries and files, and the receipt of what was moved.
#include <string>
#include <vector>

#include "host/machine.h"
#include "oci/receipt.h"

namespace ashlar::pipeline {

/// Copies an image with all that is attached to it. `from`: `oci:`, `oci-archive:`, `docker-archive:` or a registry's reference; `to`: the same, without a digest.
/// A destination without a tag gets the source's, or `latest`. A `docker-archive:` holds one platform (`platform`, or the first) and nothing that is attached.
Result<oci::Receipt> copy(host::Machine& machine, const std::string& from, const std::string& to, const std::string& platform = {});

/// What of the receipt is missing or altered at `ref`, by default where the receipt says that it was copied to.
Result<std::vector<oci::ReceiptFault>> verify_receipt(host::Machine& machine, const oci::Receipt& receipt, const std::string& ref = {});

}  // namespace ashlar::pipeline
