#pragma once
// Commands of maintainer scripts that belong to packaging.
#include "build/inner/script.h"

namespace ashlar::build {

Result<int> alternatives(Script& script, const Script::Words& words);  ///< update-alternatives
Result<int> dpkg(Script& script, const Script::Words& words);  ///< dpkg
Result<int> query(Script& script, const Script::Words& words);  ///< dpkg-query
Result<int> divert(Script& script, const Script::Words& words);  ///< dpkg-divert
Result<int> override_owner(Script& script, const Script::Words& words);  ///< dpkg-statoverride
Result<int> copy_configuration(Script& script, const Script::Words& words);  ///< ucf
Result<int> register_configuration(Script& script, const Script::Words& words);  ///< ucfr
Result<int> list_shells(Script& script, const Script::Words& words);  ///< update-shells, the first time
Result<int> ask(Script& script, const Script::Words& words);  ///< db_* of debconf
Result<int> source(Script& script, const Script::Words& words);  ///< .
Result<int> update_certificates(Script& script, const Script::Words& words);  ///< update-ca-certificates, and `-java`, which is a command of declarations
Result<int> vendor(Script& script, const Script::Words& words);  ///< dpkg-vendor

}  // namespace ashlar::build
