#pragma once
// What a package database says that the rest of the database contradicts: somebody has edited it.
#include <string>
#include <vector>

#include "inventory/contents.h"

namespace ashlar::scan {

/// Dependencies on a certain version that the one installed is not, each in one line; in the order of packages. A version that was raised to hide a
/// finding breaks those of the packages that were built with it. Clauses with alternatives, and names that another package provides, say nothing.
std::vector<std::string> contradictions_of(const std::vector<inventory::InstalledPackage>& packages);

}  // namespace ashlar::scan
