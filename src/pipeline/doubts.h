#pragma once
// Whether a name that somebody gave for what an image lacks may be a slip: that it lacks proves nothing then.
#include <string>
#include <vector>

#include "pipeline/scan.h"

namespace ashlar::pipeline {

/// Of paths (globs with a leading slash) of which the image has nothing, each one that looks like a slip, in one line: the image has a like name beside it, or
/// not even the folder.
std::vector<std::string> doubts_of(const std::vector<std::string>& paths, const Held& held);

}  // namespace ashlar::pipeline
