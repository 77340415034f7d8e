#pragma once
// Where the layers that were read are kept.
#include <optional>
#include <string_view>

#include "host/machine.h"
#include "inventory/layer_shelf.h"

namespace ashlar::pipeline {

/// What checks on the bytes of images and comparisons of them keep.
inline constexpr std::string_view for_proofs = "proofs";

/// Those that were read for `purpose` (one name for each set of texts and onlookers); `again`: what was kept is not used. None on a machine that has no
/// folder for caches.
std::optional<inventory::LayerShelf> kept_layers(const host::Machine& machine, std::string_view purpose, bool again);

}  // namespace ashlar::pipeline
