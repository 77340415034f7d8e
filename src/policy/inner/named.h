#pragma once
// Lists in one line.
#include <string>
#include <vector>

namespace ashlar::policy {

/// The first few, and how many more.
std::string named(const std::vector<std::string>& list);

}  // namespace ashlar::policy
