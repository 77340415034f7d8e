#include "pipeline/inner/kept_layers.h"

#include <fmt/format.h>

#include "pipeline/inner/kept_tests.h"

namespace ashlar::pipeline {

std::optional<inventory::LayerShelf> kept_layers(const host::Machine& machine, std::string_view purpose, bool again) {
  const auto folders = host::folders(machine);
  if (!folders) return std::nullopt;
  return inventory::LayerShelf(*machine.files, folders->cache / "layers", fmt::format("{}, {}", program_stamp(*machine.files), purpose), again);
}

}  // namespace ashlar::pipeline
