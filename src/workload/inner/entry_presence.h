#pragma once
// Whether what is started comes into the image by anything that the file says.
#include <vector>

#include "workload/inner/assemble.h"

namespace ashlar::workload {

/// Says as breaks where nothing brings the program, and where nobody knows which libc it is linked with. `outputs`: what the build stage gives.
void expect_program(Migration& work, const Assembly& assembly, const std::vector<Output>& outputs);

/// Says as breaks what the last stage takes from images of Alpine that stay, or that are none of the file: programs of which nobody knows whether they need musl.
void expect_glibc(Migration& work);

}  // namespace ashlar::workload
