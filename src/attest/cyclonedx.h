#pragma once
// CycloneDX 1.6 as JSON (ECMA-424).
#include <string>

#include "attest/sbom.h"

namespace ashlar::attest {

/// A text for people and programs. The serial number and references follow from content alone.
std::string to_cyclonedx_json(const Sbom& sbom);

}  // namespace ashlar::attest
