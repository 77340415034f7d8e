#pragma once
// Which packages of an image its distribution built, as far as something shows it: who else installs a package of his own in dpkg's form writes into the
// same database, and no feed of the distribution speaks of it.
#include <set>
#include <string>

#include "advisory/database.h"
#include "scan/scan.h"

namespace ashlar::scan {

/// Names of Debian packages of the subject of which nothing shows that Debian built them. It is shown by the maintainer's address (debian.org, debian.net),
/// by a version that only Debian's builds and stable updates get (`+b1`, `+deb13u1`), by a priority above optional, by a source that a feed knows in the space, by another package of the
/// same source, by a package shown so which depends on it, and by one shown so that has the same maintainer. Those that say themselves that somebody else built them are among
/// them. Of documents nothing is asked: they name no maintainers.
Result<std::set<std::string>> foreign_packages(const Subject& subject, const Distribution& distribution, advisory::Database& database);

/// Why such a package is not judged.
std::string foreign_reason(const inventory::Component& component);

/// Sources that records of Debian packages name, and that nobody else does. `Source:` is a claim which dpkg takes as it stands, and one that names nothing
/// takes a package out of the sight of every advisory. It is borne out by a feed that knows the source in the space, by the image's own list or a changelog,
/// or by the name of a package of it: those of one source and their source share at least two characters in a row, but for the few that are known.
Result<std::set<std::string>> nobodys_sources(const Subject& subject, const Distribution& distribution, advisory::Database& database);

/// Why what is built from such a source is not judged.
std::string nobodys_reason(const inventory::Component& component);

}  // namespace ashlar::scan
