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

/// The os-release that an image of the definition gets without base-files; `release` is what the distribution says of itself, for what the definition
/// leaves open. Nothing where neither says anything.
std::optional<std::string> os_release_text(const plan::Definition& definition, const plan::OsRelease& release);
/// etc/debian_version, by which Trivy knows Debian, of such an image; empty where it is of another distribution.
std::string debian_version_text(const plan::Definition& definition, const plan::OsRelease& release);

}  // namespace ashlar::build
