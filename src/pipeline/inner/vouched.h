#pragma once
// Interpreters that an image has on purpose, as those say whom a policy believes.
#include <optional>
#include <string>

#include "pipeline/admission.h"
#include "pipeline/check_image.h"
#include "prove/proofs.h"

namespace ashlar::pipeline {

/// What statements `hardening` on the image at `ref`, else on its base at `base_ref` (empty: it is not known), say of interpreters: of the image's own all of its layers, of
/// its base's the base's alone. None where nobody who is believed says so; then a note on `platform` tells what was looked for.
std::optional<prove::Vouched> vouched_interpreters(host::Machine& machine, const std::string& ref, const std::string& base_ref, const policy::Policy& policy, const AdmissionOptions& options, CheckedPlatform& platform);

}  // namespace ashlar::pipeline
