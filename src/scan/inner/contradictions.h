#pragma once
// What within an image stands against its own package database. Nobody can prove a database true; one that was edited mostly forgets something.
#include "scan/scan.h"

namespace ashlar::scan {

/// Of a package of a distribution: which version its record gives it, or its source, that is none in the grammar of its kind; empty: they are versions. With
/// one that is none nothing compares, so that nothing of it is judged.
std::string no_version(const inventory::Component& component);

/// Each in one line. Of a Debian database: versions that are none, a package that stands twice, lists of files of packages that it does not name, versions
/// that break what another package depends on. Of any: versions that its own record, a note in a program of the package, a changelog, dpkg's log or the
/// image's own list say otherwise. An older layer's word does not count against a package that a higher layer brought anew.
std::vector<std::string> contradictions_of(const Subject& subject);

}  // namespace ashlar::scan
