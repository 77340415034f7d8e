#pragma once
// Images of folders that a test has filled, for flows that need no package.
#include "stage.h"

namespace ashlar::flow {

/// Makes an image of the stage's folders, each a layer (one member of gzip, as others pack theirs), in the layout `layout` under the tag `1`.
void make_image(const Stage& stage, const std::string& layout, const Words& folders);

}  // namespace ashlar::flow
