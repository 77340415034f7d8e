#pragma once
// SPDX 2.3 as JSON (spdx-spec 2.3; https://spdx.dev).
#include <string>

#include "attest/sbom.h"

namespace ashlar::attest {

/// A text for people and programs. Identifiers and the document's namespace follow from content alone.
std::string to_spdx_json(const Sbom& sbom);

}  // namespace ashlar::attest
