#pragma once
// What is known, without an image, of files that no package ships: those that recorded scripts made, and os-release.
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/tar.h"
#include "host/files.h"
#include "plan/definition.h"

namespace ashlar::build {

/// A path that a script of a package made or changed.
struct RecordedFile {
  std::string package, version, script;  ///< script: preinst or postinst
  std::string path;                      ///< without a leading slash
  FileType type = FileType::Regular;     ///< or Directory, Symlink
  std::optional<Digest> content;         ///< of a regular file
  std::string link;                      ///< of a symlink
};

/// Of `<definition>.effects.json`; none when there is no such file. Scripts that also called programs which make files of their own (a bundle of
/// certificates, diversions) are left out: their record is not all that they made. Corrupt when it is not of the form.
Result<std::vector<RecordedFile>> recorded_files(host::Files& files, const host::Path& path);

/// The os-release that an image of the definition gets; nothing where the definition leaves it to the distribution's package.
std::optional<std::string> os_release_text(const plan::Definition& definition);

}  // namespace ashlar::build
