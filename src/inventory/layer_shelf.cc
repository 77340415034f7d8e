#include "inventory/layer_shelf.h"

#include <fmt/format.h>

namespace ashlar::inventory {

std::string LayerShelf::key(const oci::Descriptor& layer, std::string_view how) const {
  return Digest::of(fmt::format("layer 1\n{}\n{}\n{}\n{}\n", made_by_, how, layer.media_type, layer.digest.str())).hex();
}

std::optional<std::string> LayerShelf::find(const std::string& key) const {
  if (anew_) return std::nullopt;
  auto record = files_.read(path(key));
  if (!record) return std::nullopt;
  (void)files_.touch(path(key));
  return std::move(*record);
}

void LayerShelf::keep(const std::string& key, std::string_view record) const { (void)files_.write(path(key), record, host::Durability::Cache); }

}  // namespace ashlar::inventory
