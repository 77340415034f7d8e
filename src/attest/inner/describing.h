#pragma once
// What images and locks have in common when they are described.
#include <string>
#include <string_view>

namespace ashlar::attest {

/// Where a .deb was taken from, without naming a mirror: `deb:SUITE@ARCHIVE.archive/PATH`. Empty when one of them is.
std::string deb_location(std::string_view archive, std::string_view suite, std::string_view path);
/// Who publishes an image: its vendor where it says one, else the registry or the first part of the repository that it is published to.
std::string supplier_of(std::string_view vendor, std::string_view repository);

}  // namespace ashlar::attest
