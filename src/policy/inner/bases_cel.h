#pragma once
// The section `bases` of a policy as an expression in CEL.
#include <string>

#include "policy/inner/pod_cel.h"

namespace ashlar::policy {

/// What is wrong with the image `i`, a text that is empty where nothing is. `named`: a condition under which it is a finished image, whose base no manifest shows.
std::string bases_cel(const BaseRules& rules, const std::string& named, const ExportInputs& inputs, Notes& notes);

}  // namespace ashlar::policy
