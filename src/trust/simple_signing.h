#pragma once
// What cosign signs of an image under its tag `sha256-HEX.sig`: the "simple signing" document of containers/image (container-signature(5), "JSON
// data format"), whose digest is that of a manifest.
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace ashlar::trust {

namespace media {
inline constexpr std::string_view simple_signing = "application/vnd.dev.cosign.simplesigning.v1+json";
}  // namespace media

struct SimpleSigning {
  std::string reference;  ///< `host/repository`, as it was when it was signed; a claim of the signer
  Digest digest = Digest::from({});
};

/// The document's bytes; the same value gives the same bytes.
std::string to_text(const SimpleSigning& document);
/// Corrupt when it is no such document, or of a type other than cosign's or containers/image's.
Result<SimpleSigning> read_simple_signing(std::string_view text);

}  // namespace ashlar::trust
