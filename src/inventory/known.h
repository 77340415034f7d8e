#pragma once
// What is at hand beside an image and says, without the image's own word, what its files are: the packages themselves, the definition, and what
// maintainer scripts were seen to do.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "inventory/contents.h"

namespace ashlar::inventory {

/// What shall stand at a path.
struct KnownPath {
  FileType type = FileType::Regular;  ///< or Directory, Symlink; a hard link is the regular file that it shares
  std::optional<Digest> content{};    ///< of a regular file; none: nothing at hand says which bytes
  std::string link{};                 ///< of a symlink
};
using KnownPaths = std::map<std::string, KnownPath, std::less<>>;  ///< without leading slashes

/// Empty when the image's file is what is known; else what it is and what it should be: `its SHA-256 is ab..., not cd...`.
std::string misfit(const KnownPath& known, const File& file);

/// What one package's own file puts on disk.
struct PackageFiles {
  std::string name, version, architecture;
  KnownPaths paths;
};

/// What a definition declares beside packages.
struct Declared {
  KnownPaths paths{};
  std::set<std::string, std::less<>> kept{};              ///< with all below them: the definition sets owner and mode alone, the bytes are another's, or none
  std::map<std::string, std::string, std::less<>> copies{};  ///< by path the path in the image whose bytes it copies
  std::vector<Digest> probes{};                           ///< of health probes, where the definition asks for one
};

struct Known {
  std::map<std::string, PackageFiles, std::less<>> packages{};  ///< by name
  std::map<std::string, std::string, std::less<>> strangers{};  ///< packages of the image that cannot be what they say: by name, why
  std::optional<Declared> declared{};                           ///< none: no definition is at hand
  std::map<std::string, KnownPaths, std::less<>> scripts{};     ///< what recorded scripts made, by `PACKAGE.SCRIPT`
};

}  // namespace ashlar::inventory
