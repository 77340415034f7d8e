#pragma once
// What is read of Jenkinsfiles.
#include <string_view>
#include <vector>

#include "workload/images.h"

namespace ashlar::workload {

/// Invalid: it is too large to be one.
Done can_read_jenkins(std::string_view text, std::string_view path);
/// Total; in the order of the file.
std::vector<ImageUse> jenkins_images(std::string_view text);

}  // namespace ashlar::workload
