#pragma once
// One layer as it stands in its archive, and the record of it that is kept (docs/formats/layer.md).
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/packing.h"
#include "inventory/ecosystems.h"

namespace ashlar::inventory {

struct Layer {
  std::vector<File> members;            ///< as they follow each other; where they stand is said by `layer` and `bytes` of each
  std::map<size_t, std::string> texts;  ///< of files that are kept, by member
  Digest diff_id = Digest::from({});    ///< of its archive, unpacked
  bool verified = true;                 ///< its bytes were hashed
};

/// A layer, and what its onlooker found in it (`Onlooker::found()`).
struct KeptLayer {
  Layer layer;
  std::string found;
};

/// The record of a layer that is kept under `key`.
std::string to_record(std::string_view key, const Layer& layer, std::string_view found);
/// As layer `at` of an image. Corrupt when it is damaged or another key's.
Result<KeptLayer> read_record(std::string_view key, std::string_view record, size_t at);

/// What a reader told of a file, without `layer` and `found_by` of components, which are given to them later.
void pack(Packer& to, const Told& told);
Told unpack_told(Unpacker& from);

}  // namespace ashlar::inventory
