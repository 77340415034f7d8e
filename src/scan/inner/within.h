#pragma once
// What a package of the distribution says anyway.
#include "scan/scan.h"

namespace ashlar::scan {

/// The package of the distribution that has all files of a component, by their bytes: it speaks for the component. Empty where there is none, and where
/// the package is one of `foreign`.
std::string package_with(const Subject& subject, const inventory::Component& component, const std::set<std::string>& foreign);

}  // namespace ashlar::scan
