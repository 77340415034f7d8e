#pragma once
// What an image holds of any ecosystem's packages: components, found by the readers of ecosystems.h.
#include <string>
#include <vector>

#include "inventory/contents.h"

namespace ashlar::inventory {

/// A package, module, crate or jar that is there, and where that is written.
struct Component {
  std::string type{};             ///< purl type: `deb`, `apk`, `rpm`, `pypi`, `npm`, `golang`, `cargo`, `maven`, `generic`
  std::string name{}, version{};  ///< as the ecosystem spells them; `org.group:artifact` for maven, `@scope/name` for npm. No version: empty
  std::string architecture{};
  std::string source{}, source_version{};  ///< of distribution packages: what they were built from
  std::string maintainer{};                ///< of distribution packages
  std::string distribution{};              ///< where what names it says so: `debian-13`, as in purls and ELF notes
  std::string module{};                    ///< rpm: label of the module stream that it belongs to, `nodejs:18:...`
  std::string found_by{};                  ///< name of the Ecosystem that found it
  std::string path{};                      ///< of the file that says so, without a leading slash; `app.jar!lib/x.jar` inside an archive
  std::string remark{};                    ///< what stands against taking it at its word: `main module without a version`
  std::vector<std::string> symbols{};      ///< Go: functions linked in, as `import/path.Type.Method`, where the binary still tells; sorted
  std::vector<std::string> files{};        ///< paths that belong to it beside `path`, as far as its records name them (RECORD of a wheel, F:/R: of apk)
  /// Digests of each of `files`, one after the other, zeros where there is none; or empty. Of rpm and wheels 32 bytes, the SHA-256; of apk 20, the SHA-1 or
  /// the beginning of the SHA-256.
  std::string sums{};
  size_t layer = 0;                        ///< from 0, the lowest, that has `path`
};

}  // namespace ashlar::inventory
