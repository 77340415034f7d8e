#pragma once
// Folders of definitions: finding them, and the root that their sources are relative to.
#include <string>
#include <vector>

#include "host/files.h"
#include "plan/definition.h"

namespace ashlar::pipeline {

/// Reads and checks one definition.
Result<plan::Definition> load_definition(host::Files& files, const host::Path& path);

/// The nearest folder at or above the definition's in which every relative `source` of its `paths` and tests exists. NotFound names the one that nowhere does.
Result<host::Path> catalog_root(host::Files& files, const plan::Definition& definition);

/// A digest of what a definition says and of all that it takes from its catalogue; where it takes nothing, of the definition alone (`digest_hex`).
Result<std::string> definition_identity(host::Files& files, const plan::Definition& definition);

/// `x.yaml` has its lock in `x.lock.json` and its recorded effects in `x.effects.json`.
host::Path lock_path(const host::Path& definition);
host::Path effects_path(const host::Path& definition);

/// The tag that one of a definition's own tags becomes where several images share a layout: `python-3.13`.
std::string build_tag(const plan::Definition& definition, std::string_view tag);

struct CatalogEntry {
  std::string name;     ///< the image's folder: `python`
  std::string version;  ///< the file without variant: `3.13`
  host::Path path;
  plan::Definition definition;
  std::string title, description, license, home, end_of_life, end_of_life_source;  ///< from info.yaml (docs/formats/catalog.md); the definition's own date counts more
  std::string support;              ///< where the distribution says that its own support is limited
  std::vector<std::string> migrate; ///< what changes for who comes from the usual image
};
/// Every definition below `folder` (`<name>/<version>[-variant].yaml` beside an `info.yaml`), sorted by path.
Result<std::vector<CatalogEntry>> read_catalog(host::Files& files, const host::Path& folder);

}  // namespace ashlar::pipeline
