#pragma once
// What archives offer, read once for all definitions of a run.
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/archives.h"
#include "pipeline/lock.h"
#include "pipeline/workshop.h"
#include "plan/lock_making.h"

namespace ashlar::pipeline {

/// The indexes of the archives that were asked for last, with what the solver made of them.
class OfferShelf {
 public:
  struct Entry;
  using Held = std::shared_ptr<const Entry>;  ///< shared, for the shelf may let go of what a definition still uses

  /// What `sources` publish for an architecture: as it was when this run first asked.
  /// From several threads: who asks while another reads, waits.
  Result<Held> get(Workshop& workshop, const Sources& sources, const std::string& architecture, bool offline);

 private:
  std::mutex turn_;
  std::list<std::pair<std::string, Held>> kept_;  ///< the last used first, a few at most
};

/// The offers of some platforms, with what they look into.
struct Offers {
  std::vector<OfferShelf::Held> held;
  std::vector<plan::Offer> offers;
};

Result<Offers> read_offers(Workshop& workshop, const plan::Definition& definition, const std::vector<std::string>& platforms, const LockOptions& options);

}  // namespace ashlar::pipeline
