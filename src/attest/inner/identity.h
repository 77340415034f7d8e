#pragma once
// What identifies documents and those who stand in them, whatever their form.
#include <string>
#include <string_view>

#include "attest/sbom.h"

namespace ashlar::attest {

/// A maintainer's name and address (Policy 5.6.2): a person, unless the name is a group's.
struct Party {
  std::string name, email;
  bool person = false;
};
Party party_of(std::string_view text);

/// Over every fact of the value.
Digest content_digest(const Sbom& sbom);
/// The purl of the whole: of an image by its digest, else a generic one.
std::string root_purl(const Sbom& sbom);

}  // namespace ashlar::attest
