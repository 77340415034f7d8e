#pragma once
// What a runtime image must not hold.
#include "base/progress.h"
#include "build/inner/tree.h"
#include "oci/image.h"
#include "plan/definition.h"

namespace ashlar::build {

/// A definition in the published format was not written for an image without set-id files: those of its packages lose the bits, which is noted.
Done take_off_set_ids(Tree& tree, const plan::Definition& definition, Progress& progress);

/// Conflict when a runtime image holds a shell or other interpreter that the definition does not name under `interpreters`, a package manager, or a
/// file with set-id bits that its `paths` do not give it: each is named with what to do. A link is judged by what it leads to. The published format has
/// no `interpreters`: what a definition in it asks for by name may be in, and what else it brings in is noted.
Done guard(const Tree& tree, const plan::Definition& definition, Progress& progress);

/// Notes what the configuration starts (entrypoint or cmd, and the health check's command) and that is not in the image, or that nobody may execute.
void note_what_cannot_start(const Tree& tree, const plan::Definition& definition, const oci::Config& config, Progress& progress);

}  // namespace ashlar::build
