#pragma once
// Certificates of a bundle of roots (PEM, RFC 7468).
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/time.h"

namespace ashlar::prove {

struct BundledCertificate {
  std::string name;          ///< its subject (RFC 2253)
  std::optional<Time> ends;  ///< none: it is damaged, and nothing else of it is known
  Digest digest = Digest::from({});  ///< of its DER
};

/// Every one, in the order of the text.
std::vector<BundledCertificate> certificates_in(std::string_view pem);

}  // namespace ashlar::prove
