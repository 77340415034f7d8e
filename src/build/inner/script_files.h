#pragma once
// Commands of maintainer scripts that change files.
#include "build/inner/script.h"

namespace ashlar::build {

Result<int> make_directories(Script& script, const Script::Words& words);  ///< mkdir
Result<int> change_mode(Script& script, const Script::Words& words);  ///< chmod
Result<int> change_owner(Script& script, const Script::Words& words);  ///< chown, chgrp
Result<int> link(Script& script, const Script::Words& words);  ///< ln
Result<int> remove(Script& script, const Script::Words& words);  ///< rm, rmdir
Result<int> copy_or_move(Script& script, const Script::Words& words);  ///< cp, mv
Result<int> touch(Script& script, const Script::Words& words);  ///< touch
Result<int> install(Script& script, const Script::Words& words);  ///< install
Result<int> find_files(Script& script, const Script::Words& words);  ///< find
Result<int> list_files(Script& script, const Script::Words& words);  ///< ls
Result<int> state_of(Script& script, const Script::Words& words);  ///< stat

}  // namespace ashlar::build
