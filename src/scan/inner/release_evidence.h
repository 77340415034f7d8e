#pragma once
// Whether an image is of the release that it says. Whoever is judged by another release's advisories is not judged.
#include "scan/scan.h"

namespace ashlar::scan {

/// Whether against_release() reads this file: for `ReadOptions::keep`.
bool tells_release(std::string_view path);

/// What in an image stands against what its os-release says, each in one line: the version of the package that os-release comes in, the older files that
/// name the release, and updates that were made for a later release.
std::vector<std::string> against_release(const Subject& subject, const Distribution& distribution);

}  // namespace ashlar::scan
