#pragma once
// Effects declared as data for scripts that recognition does not follow: effects/*.yaml (docs/formats/effects.md).
#include <string>
#include <vector>

#include "build/inner/script.h"
#include "host/files.h"

namespace ashlar::build {

/// What one script does, in our words.
struct Declaration {
  std::string package, script, reason;
  std::vector<std::string> directories;                              ///< `path`, mode 0755, root
  std::vector<std::pair<std::string, std::string>> symlinks, files;  ///< path and target; path and content
  bool ca_bundle = false;
};

class Declarations {
 public:
  const Declaration* find(std::string_view package, std::string_view script) const;
  std::vector<Declaration> rows;
};

/// Reads every *.yaml of the folder, in the order of names. Invalid with the place of a fault.
Result<Declarations> read_declarations(host::Files& files, const host::Path& folder);
Done apply_declaration(const Declaration& declaration, ScriptState& state);

}  // namespace ashlar::build
