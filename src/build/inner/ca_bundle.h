#pragma once
// The bundle of trusted roots that update-ca-certificates(8) would make.
#include "build/inner/world.h"

namespace ashlar::build {

/// Writes etc/ssl/certs/ca-certificates.crt from every certificate below usr/share/ca-certificates and usr/local/share/ca-certificates, in the order of
/// their names; those that had expired by `as_of` (seconds since the epoch; 0: none are) are left out. With `links`, a link for each root and
/// OpenSSL's links by subject hash, too. Corrupt when a file is no certificate.
Done write_ca_bundle(World& world, std::int64_t as_of, bool links);

}  // namespace ashlar::build
