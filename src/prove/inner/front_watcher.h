#pragma once
// Keeps the beginnings of texts that tell how an image starts, and whom it trusts.
#include <map>
#include <string>

#include "inventory/reading.h"

namespace ashlar::prove {

/// Of files that begin with `#!` or a certificate in PEM, of /etc/timezone and the archive of locales, the first 64 KiB. Holds 64 MiB at most.
class FrontWatcher final : public inventory::Onlooker {
 public:
  static constexpr size_t most = 64 << 10, most_in_all = 64 << 20;
  void begin(const TarEntry& entry, inventory::Place place) override;
  void more(BytesView bytes) override;
  void end() override;

  std::map<inventory::Place, std::string> fronts;

 private:
  inventory::Place place_;
  std::string held_;
  bool wanted_ = false, judged_ = false;
  size_t all_ = 0;
};

}  // namespace ashlar::prove
