#pragma once
// How values lie in the database's blobs (docs/formats/database.md).
#include <string>

#include "advisory/record.h"
#include "base/packing.h"

namespace ashlar::advisory {

/// Without `affected`.
std::string pack(const Advisory& advisory);
Advisory unpack_advisory(Unpacker& from);
/// Without space and package.
std::string pack(const Affected& affected);
Affected unpack_affected(Unpacker& from);

}  // namespace ashlar::advisory
