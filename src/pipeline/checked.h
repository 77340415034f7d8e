#pragma once
// What was proved of an image, as policies ask for it.
#include <span>
#include <vector>

#include "policy/gate.h"
#include "prove/check.h"

namespace ashlar::pipeline {

/// A run test that this machine cannot run was not run; another check that nothing applies to holds, and says so.
std::vector<policy::Checked> checked(std::span<const prove::Check> checks);

}  // namespace ashlar::pipeline
