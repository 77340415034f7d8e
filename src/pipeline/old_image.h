#pragma once
// What an image that runs today tells whoever shall migrate its Dockerfile.
#include <string>

#include "pipeline/workshop.h"
#include "workload/old_image.h"

namespace ashlar::pipeline {

/// Reads an image once, from wherever `ref` says. `platform`: of an image for several; the first where it is empty.
Result<workload::OldImage> read_old_image(Workshop& workshop, const std::string& ref, const std::string& platform = {});

}  // namespace ashlar::pipeline
