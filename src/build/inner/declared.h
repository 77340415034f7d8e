#pragma once
// Declared effects: what stands in for scripts that are not recognised (docs/formats/effects.md).
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/files.h"

namespace ashlar::build {

struct Declaration {
  std::string why;    ///< for people; never empty
  std::string steps;  ///< in the subset of the shell that scripts are recognised in; empty: nothing is to be done
  std::string variant;  ///< `runtime`, `dev` or empty for both
  std::set<std::string> written_for;  ///< SHA-256 (hex) of the scripts that were read for it; empty: whatever the script

  bool knows(std::string_view sha256_hex) const { return written_for.empty() || written_for.contains(std::string(sha256_hex)); }
};

class DeclaredEffects {
 public:
  /// Reads every `*.yaml` of a folder in the order of names. Faults name file, line and column. A script declared twice is Invalid.
  static Result<DeclaredEffects> read(host::Files& files, const host::Path& folder);
  /// The declaration for a script (`postinst`) of a package; one for the variant goes before one for both.
  const Declaration* find(std::string_view package, std::string_view script, std::string_view variant) const;
  const std::map<std::string, std::vector<Declaration>>& all() const { return by_script_; }  ///< by `package/script`

 private:
  std::map<std::string, std::vector<Declaration>> by_script_;
};

}  // namespace ashlar::build
