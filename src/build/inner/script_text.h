#pragma once
// Commands of maintainer scripts that only make text.
#include "build/inner/script.h"

namespace ashlar::build {

/// The error that ends recognition at this command.
std::unexpected<Error> not_understood(Script& script, const Script::Words& words);

Result<int> print_words(Script& script, const Script::Words& words);   ///< echo
Result<int> print_format(Script& script, const Script::Words& words);  ///< printf
Result<int> concatenate(Script& script, const Script::Words& words);   ///< cat
Result<int> cut_lines(Script& script, const Script::Words& words);     ///< cut
Result<int> name_part(Script& script, const Script::Words& words);     ///< basename, dirname
Result<int> read_link(Script& script, const Script::Words& words);     ///< readlink

}  // namespace ashlar::build
