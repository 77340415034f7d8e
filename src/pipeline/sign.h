#pragma once
// Signatures on images, and signed statements about them, put where others look for them.
#include <string>
#include <vector>

#include "attest/predicate.h"
#include "host/machine.h"
#include "oci/image.h"
#include "trust/key.h"

namespace ashlar::pipeline {

struct SignOptions {
  bool tags = true;            ///< cosign's tags: `sha256-HEX.sig`, `sha256-HEX.att`
  bool bundles = true;         ///< Sigstore bundles that refer to the image
  bool each_platform = false;  ///< the images of an index, too
  std::string platform{};      ///< that platform's image alone
  bool once = false;           ///< a scan's statement is not made again for the time at which it was scanned alone, nor the last promise of support for that at which it was said, but when a cadence that it promises has passed
};

/// A signature that lies beside an image now.
struct Placed {
  std::string layout;  ///< `cosign-signature`, `cosign-attestation`, `bundle`
  std::string predicate_type{};
  Digest subject = Digest::from({}), artifact = Digest::from({});
  bool fresh = false;  ///< it did not lie there before
};

/// Signs what the reference means, in a registry or a layout. What this key has signed before stays as it is, and is not signed again.
Result<std::vector<Placed>> sign(host::Machine& machine, const std::string& ref, const trust::PrivateKey& key, const SignOptions& options);

/// Signs statements on it. One that this key has signed before with the same bytes is not signed again.
Result<std::vector<Placed>> attest(host::Machine& machine, const std::string& ref, const std::vector<attest::Predicate>& predicates, const trust::PrivateKey& key, const SignOptions& options);

}  // namespace ashlar::pipeline
