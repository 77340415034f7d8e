#pragma once
// What images and locks have in common when they are described.
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "plan/lock.h"

namespace ashlar::attest {

/// Where a .deb was taken from, without naming a mirror: `deb:SUITE@ARCHIVE.archive/PATH`. Empty when one of them is.
std::string deb_location(std::string_view archive, std::string_view suite, std::string_view path);
/// Who publishes an image: its vendor where it says one, else the registry or the first part of the repository that it is published to.
std::string supplier_of(std::string_view vendor, std::string_view repository);
/// The newest date of the Release files that a lock was made from: what its archives had until then went in, and nothing later. None where no archive says one.
std::optional<Time> newest_release(const plan::Lock& lock);

}  // namespace ashlar::attest
