#pragma once
// The health probe (probe/probe.c) that this program puts into images whose definition has `health`.
#include <vector>

#include "base/digest.h"

namespace ashlar::build {

/// Digests of the probes for all processors that this program was built with.
std::vector<Digest> probe_digests();

/// The probe for a processor (`amd64`, `arm64`); empty when this program was built without it.
std::string_view probe_for(std::string_view architecture);

}  // namespace ashlar::build
