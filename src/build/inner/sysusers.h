#pragma once
// sysusers.d(5): users and groups of packages as lines.
#include <string_view>

#include "build/inner/accounts.h"

namespace ashlar::build {

/// Adds what the lines `u`, `u!`, `g` and `m` ask for; Invalid for other lines and for specifiers that are not understood.
Done add_system_users(std::string_view text, AccountBook& book);

}  // namespace ashlar::build
