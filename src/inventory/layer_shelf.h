#pragma once
// What reading layers gave, kept by the layers' digests, so that an image of which one layer changed is read in the time that one takes.
#include <optional>
#include <string>

#include "host/files.h"
#include "oci/image.h"

namespace ashlar::inventory {

/// A folder `<2 hex>/<62 hex>` of records (docs/formats/layer.md). A cache: records appear whole or not at all, damaged ones count as none, any number of
/// processes may use it at once, and one that cannot be written to only costs time.
class LayerShelf {
 public:
  /// `made_by`: what decides, beside a layer's bytes, what is found in it: the program, and what it is asked for. With `anew` nothing that was kept is
  /// used, and all is kept again.
  LayerShelf(host::Files& files, host::Path folder, std::string made_by, bool anew = false) : files_(files), folder_(std::move(folder)), made_by_(std::move(made_by)), anew_(anew) {}  // files: borrowed

  /// Under which a layer is kept: 64 hex digits. `how`: what else was asked for.
  std::string key(const oci::Descriptor& layer, std::string_view how) const;
  std::optional<std::string> find(const std::string& key) const;
  void keep(const std::string& key, std::string_view record) const;

 private:
  host::Path path(const std::string& key) const { return folder_ / key.substr(0, 2) / key.substr(2); }

  host::Files& files_;
  host::Path folder_;
  std::string made_by_;
  bool anew_;
};

}  // namespace ashlar::inventory
