#pragma once
// What the image says of itself: package databases in the forms that scanners and dpkg read, os-release, and the owner of every path.
#include <string>
#include <vector>

#include "build/inner/tree.h"
#include "plan/definition.h"

namespace ashlar::build {

/// Runtime images: `var/lib/dpkg/status.d/<package>` and `.md5sums`. `-dev` images: `var/lib/dpkg/status` and `info/`, so that dpkg and apt work.
Done add_package_database(Tree& tree, const std::vector<Part>& parts, plan::Variant variant);

/// `usr/share/ashlar/packages.json` (docs/formats/image-json.md): from which file of which archive each package was taken.
Done add_origins(Tree& tree, const std::vector<Part>& parts);

/// `usr/lib/os-release` (os-release(5)) and the link to it. Where the definition says neither `id` nor `name` it is what a package brings, else `release`;
/// a definition without `id` has that of `release`. An image of Debian without base-files gets `etc/debian_version`, by which Trivy knows Debian.
Done add_os_release(Tree& tree, const plan::Definition& definition, const plan::OsRelease& release);

/// `usr/share/ashlar/image.json` (docs/formats/image-json.md): which package, effect or definition every path belongs to. Added last.
Done add_owners(Tree& tree, const plan::Definition& definition);

/// apt's sources and folders of a `-dev` image, where apt is in it.
Done add_apt_sources(Tree& tree, const plan::Definition& definition, const plan::Lock& lock, const std::string& mirror);

}  // namespace ashlar::build
