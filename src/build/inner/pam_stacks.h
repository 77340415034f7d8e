#pragma once
// What pam-auth-update(8) makes of the profiles that packages ship: the stacks in etc/pam.d/common-*.
#include "build/inner/world.h"

namespace ashlar::build {

/// Fills the templates in usr/share/pam with the profiles of usr/share/pam-configs that are on by default, the highest priority first, and for `-dev`
/// (`full`) keeps the state that pam-auth-update goes on with. Nothing where there are no templates.
Done write_pam_stacks(World& world, bool full);

}  // namespace ashlar::build
