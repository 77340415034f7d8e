#pragma once
// Commands of maintainer scripts about users and groups.
#include "build/inner/script.h"

namespace ashlar::build {

Result<int> add_account(Script& script, const Script::Words& words);  ///< adduser, addgroup, useradd, groupadd
Result<int> change_account(Script& script, const Script::Words& words);  ///< usermod
Result<int> get_entry(Script& script, const Script::Words& words);  ///< getent
Result<int> identify(Script& script, const Script::Words& words);  ///< id
Result<int> system_users(Script& script, const Script::Words& words);  ///< systemd-sysusers

}  // namespace ashlar::build
