#pragma once
// What the ELF files of layers give and take, seen as their bytes pass.
#include "inventory/reading.h"
#include "prove/inner/facts.h"

namespace ashlar::prove {

/// Looks at ELF files alone, of at most 1 GiB; one that is damaged is passed over, for the check `elf-resolves` names it.
class LinkWatcher final : public inventory::Onlooker {
 public:
  void begin(const TarEntry& entry, inventory::Place place) override;
  void more(BytesView bytes) override;
  void end() override;

  FactsByPlace facts;  ///< of them, and no more than what loading them takes: `elf` and `symbols`

 private:
  void look_at(BytesView file);
  std::uint64_t size_ = 0;
  inventory::Place place_;
  Bytes held_;
  bool first_ = true, wanted_ = false;
};

}  // namespace ashlar::prove
