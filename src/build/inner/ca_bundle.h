#pragma once
// The roots of trust, as update-ca-certificates(8) lays them out.
#include "build/inner/world.h"

namespace ashlar::build {

struct CaOptions {
  std::int64_t as_of = 0;   ///< roots that ended before are left out; 0: none are
  bool links = false;       ///< for OpenSSL's -CApath: also etc/ca-certificates.conf, and a link by name and by subject hash for each root
  bool java_store = false;  ///< also etc/ssl/certs/java/cacerts, a key store of the kind JKS with the customary password
};

/// Writes etc/ssl/certs/ca-certificates.crt from usr/share/ca-certificates and usr/local/share/ca-certificates. Corrupt for a file that is no
/// certificate, NotFound when there is none at all; `details` gets the roots left out.
Done write_ca_bundle(World& world, const CaOptions& options, std::vector<std::string>& details);

}  // namespace ashlar::build
