#pragma once
// Folders of definitions: finding them, and the root that their sources are relative to.
#include <string>
#include <vector>

#include "host/files.h"
#include "plan/definition.h"

namespace ashlar::pipeline {

/// Reads and checks one definition.
Result<plan::Definition> load_definition(host::Files& files, const host::Path& path);

/// The nearest folder at or above the definition's in which every relative `source` of its `paths` exists. NotFound names the one that nowhere does.
Result<host::Path> catalog_root(host::Files& files, const plan::Definition& definition);

/// `x.yaml` has its lock in `x.lock.json` and its recorded effects in `x.effects.json`.
host::Path lock_path(const host::Path& definition);
host::Path effects_path(const host::Path& definition);

struct CatalogEntry {
  std::string name;     ///< the image's folder: `python`
  std::string version;  ///< the file without variant: `3.13`
  host::Path path;
  plan::Definition definition;
  std::string description, license, end_of_life, end_of_life_source;  ///< from info.yaml
  std::string support;  ///< from info.yaml: where the distribution or the makers limit what they mend
};
/// Every definition below `folder` (`<name>/<version>[-variant].yaml` beside an `info.yaml`), sorted by path.
Result<std::vector<CatalogEntry>> read_catalog(host::Files& files, const host::Path& folder);

}  // namespace ashlar::pipeline
