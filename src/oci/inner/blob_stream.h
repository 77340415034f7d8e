#pragma once
// A blob of a registry as a stream: fetched by a thread of its own, a little ahead of whoever reads.
#include <memory>

#include "oci/inner/session.h"

namespace ashlar::oci {

/// At most 2 MiB ahead. A cut connection is taken up again where it broke, as long as each try gains something. `session` must outlive it.
std::unique_ptr<Source> stream_blob(Session& session, const Digest& digest);

}  // namespace ashlar::oci
