#pragma once
// What an image, a root file system or a lock consists of: one value, of which SPDX and CycloneDX are forms (docs/formats/sbom.md).
#include <cstdint>
#include <map>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "inventory/contents.h"
#include "inventory/owners.h"
#include "plan/definition.h"
#include "plan/lock.h"

namespace ashlar::attest {

/// A licence as an SPDX expression, and the texts of those that SPDX has no name for.
struct Licence {
  std::string expression;                    ///< empty: not known
  std::map<std::string, std::string> texts;  ///< by `LicenseRef-...` of the expression
  std::string comment;                       ///< where it was taken from, or why it is not known
};

struct SbomPackage {
  std::string name, version, architecture;
  std::string purl;                       ///< as scanners match it
  std::string source, source_version;
  std::string supplier;                   ///< `Name <address>`; empty: not known
  std::string homepage;
  std::string location;                   ///< `deb:SUITE@ARCHIVE.archive/PATH` or a URL that the definition names; empty: not known
  std::string sha256;                     ///< of the .deb or the file; empty: not known
  std::string path{};                     ///< of the file that names it (`app.jar!lib/x.jar` within one); empty of Debian packages, which their database names
  Licence licence;
  std::vector<std::string> depends;       ///< names of packages of the same Sbom, sorted
  friend auto operator<=>(const SbomPackage& a, const SbomPackage& b) { return a.purl <=> b.purl; }
};

struct SbomFile {
  std::string path;                       ///< without a leading slash
  std::string sha256, sha1;
  std::string owner;                      ///< as in image.json; empty: nobody's
  inventory::Standing standing = inventory::Standing::Unowned;
};

struct Sbom {
  enum class Kind { Image, RootFs, Lock };
  Kind kind = Kind::Image;
  std::string name;                       ///< the image's repository or what it was read from
  std::string version;                    ///< the manifest's digest, the lock's, or the digest over all files
  std::string supplier;                   ///< who publishes it; empty: not known
  std::string platform;                   ///< `linux/amd64`
  std::string distribution;               ///< `debian-13`; empty: not known
  Time created;                           ///< the newest time of what it was made from
  std::vector<SbomPackage> packages;      ///< Debian packages, sorted by name, then architecture; then all others by type and name. No purl stands twice
  std::vector<SbomFile> files;            ///< regular files, sorted by path
  std::vector<std::string> notes{};       ///< records of packages that could not be read, and why
};

/// What else is known of an image than what it holds.
struct Subject {
  Sbom::Kind kind = Sbom::Kind::Image;
  std::string name;                       ///< used where the image does not say its own
};

/// Whether describe() needs the text of this file, beside those that judge_owners() needs.
bool tells_licences(std::string_view path);

/// `contents` read with `sha1`, `md5` and the texts that tells_licences() and inventory::tells_owners() name; `found`: what the readers of ecosystems found
/// there. Packages of languages whose record is the file of a package of the distribution are described with that one, whose advisories cover them.
Result<Sbom> describe(const inventory::Contents& contents, const inventory::Ownership& ownership, const Subject& subject, const std::vector<inventory::Component>& found = {});

/// The text of a locked package's copyright file, or why it cannot be had.
using CopyrightOf = std::function<Result<std::string>(const plan::LockedPackage& package)>;

/// One platform of a lock, NotFound when it lacks. `definition` may be null; it knows who the image is from and what its downloads are. Without
/// `copyright_of`, or where it fails, a licence is not known, and its comment says why.
Result<Sbom> describe(const plan::Lock& lock, std::string_view platform, const plan::Definition* definition, const CopyrightOf& copyright_of = {});

/// `https://ashlar.dev/sbom/v1` (docs/formats/sbom.md).
Json to_json(const Sbom& sbom);

}  // namespace ashlar::attest
