#pragma once
// What a runtime image must not hold.
#include "base/progress.h"
#include "build/inner/tree.h"
#include "plan/definition.h"

namespace ashlar::build {

/// Conflict when a runtime image holds a shell or other interpreter that the definition neither names under `interpreters` nor asks for as a package,
/// a package manager that it does not ask for, or a file with set-id bits that its `paths` do not name: each is named with what to do. A link is
/// judged by what it leads to. The published format has no `interpreters`: what a definition in it brings in is only noted.
Done guard(const Tree& tree, const plan::Definition& definition, Progress& progress);

}  // namespace ashlar::build
