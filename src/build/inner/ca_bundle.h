#pragma once
// The roots of trust, as update-ca-certificates(8) lays them out.
#include "build/inner/world.h"

namespace ashlar::build {

/// Writes etc/ssl/certs/ca-certificates.crt from usr/share/ca-certificates and usr/local/share/ca-certificates, without roots that ended before
/// `as_of` (0: with all). With `links`, also etc/ca-certificates.conf and a link by name and by subject hash for each. Corrupt for a file that is no
/// certificate, NotFound when there is none at all.
Done write_ca_bundle(World& world, std::int64_t as_of, bool links, std::vector<std::string>& notes);

}  // namespace ashlar::build
