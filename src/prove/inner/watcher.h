#pragma once
// Looks at every regular file of a layer as its bytes pass.
#include <map>
#include <optional>
#include <string>

#include "inventory/reading.h"
#include "prove/inner/facts.h"

namespace ashlar::prove {

/// Holds at most one file in memory, and no more than max_large of it.
class Watcher final : public inventory::Onlooker {
 public:
  void begin(const TarEntry& entry, inventory::Place place) override;
  void more(BytesView bytes) override;
  void end() override;
  std::optional<std::string> found() const override;
  bool recall(BytesView found, size_t layer) override;
  /// Of files about which there is anything to tell, and their paths in this layer.
  FactsByPlace facts;
  std::map<inventory::Place, std::string> paths;

 private:
  void keep(FileFacts found);
  void look_at_held(bool last);

  const TarEntry* entry_ = nullptr;
  inventory::Place place_;
  Bytes held_;
  std::uint64_t seen_ = 0;
  bool whole_ = true, done_ = false;
  FileFacts pieces_;
};

}  // namespace ashlar::prove
