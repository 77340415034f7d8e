#pragma once
// SPDX 2.3 as JSON (spdx-spec 2.3; https://spdx.dev).
#include "attest/sbom.h"
#include "base/json.h"

namespace ashlar::attest {

/// Identifiers and the document's namespace follow from content alone.
Json to_spdx_json(const Sbom& sbom);

}  // namespace ashlar::attest
