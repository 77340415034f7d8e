#pragma once
// Declared effects: what stands in for scripts that are not recognised (docs/formats/effects.md).
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/files.h"

namespace ashlar::build {

struct Declaration {
  std::string why;    ///< for people; never empty
  std::string steps;  ///< in the subset of the shell that scripts are recognised in; empty: nothing is to be done
  std::string variant;  ///< `runtime`, `dev` or empty for both
};

class DeclaredEffects {
 public:
  /// Reads every `*.yaml` of a folder in the order of names, and `reviewed.txt`: digests of scripts that declarations were written for. Faults name file, line and column. A script
  /// declared twice is Invalid.
  static Result<DeclaredEffects> read(host::Files& files, const host::Path& folder);
  /// The declaration for a script (`postinst`) of a package; one for the variant goes before one for both.
  const Declaration* find(std::string_view package, std::string_view script, std::string_view variant) const;
  bool reviewed(std::string_view sha256_hex) const { return reviewed_.contains(std::string(sha256_hex)); }

 private:
  std::map<std::string, std::vector<Declaration>> by_script_;  ///< `package/script`
  std::set<std::string> reviewed_;
};

}  // namespace ashlar::build
