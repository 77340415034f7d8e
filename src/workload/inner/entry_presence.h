#pragma once
// Whether what is started comes into the image by anything that the file says.
#include <vector>

#include "workload/inner/assemble.h"

namespace ashlar::workload {

/// Says as breaks where nothing brings the program, and where nobody knows which libc it is linked with. `outputs`: what the build stage gives.
void expect_program(Migration& work, const Assembly& assembly, const std::vector<Output>& outputs);

}  // namespace ashlar::workload
