#pragma once
// A blob on its way into a registry (distribution-spec, "Pushing blobs").
#include <functional>

#include "oci/inner/session.h"

namespace ashlar::oci {

/// Sends the blob in one piece, and goes on in pieces from where the registry says that it has come, when a connection was cut, or from the front where it
/// does not say; in pieces from the start where it takes no larger ones. `mount_from`: a repository of the same registry that may have it, or empty.
Done upload(Session& session, const Descriptor& blob, const BlobOpener& open, const std::string& mount_from);

/// Whether the repository has the blob.
Result<bool> has_blob(Session& session, const Digest& digest);

}  // namespace ashlar::oci
