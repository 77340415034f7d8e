#pragma once
// Commands of maintainer scripts by which servers are given their modules.
#include "build/inner/script.h"

namespace ashlar::build {

Result<int> query_php(Script& script, const Script::Words& words);       ///< phpquery: -S, -M, and -m of one -s, all with -v
Result<int> enable_php(Script& script, const Script::Words& words);      ///< phpenmod, of one version
Result<int> enable_apache(Script& script, const Script::Words& words);  ///< a2enmod, a2enconf, a2ensite

}  // namespace ashlar::build
