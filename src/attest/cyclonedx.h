#pragma once
// CycloneDX 1.6 as JSON (ECMA-424).
#include "attest/sbom.h"
#include "base/json.h"

namespace ashlar::attest {

/// The serial number and references follow from content alone.
Json to_cyclonedx_json(const Sbom& sbom);

}  // namespace ashlar::attest
