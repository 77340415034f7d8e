#pragma once
// Pull requests that the loop opens for those whose files name the fleet's images (docs/renewing.md).
#include "pipeline/renew.h"

namespace ashlar::pipeline {

/// Invalid: the fleet names a forge that the configuration has not, or a webhook.
Done check_downstream(const Workshop& workshop, const Fleet& fleet);

struct Proposals {
  size_t put = 0;                                       ///< messages that are new in the queue
  std::uint64_t events = 0;                             ///< that were written down
  std::vector<std::pair<std::string, Error>> unread{};  ///< repositories that could not be read now, as `project (target)`: the next round asks again
};

/// For every image that was looked at, and whose published digest is the one that the ledger says was promoted: reads the files of each repository below it, puts a pull
/// request into the queue where they name an older digest, and writes down that this was done for this digest, sealed where there is a key; not
/// while one of the files cannot be read. Nothing is asked where that is written down, but for a
/// request that was refused: its files are read again, and it is put again where they have changed. Killed at any moment, the next call goes on.
Result<Proposals> propose(Workshop& workshop, advisory::Database& database, const Fleet& fleet, const Renewed& renewed, const RenewOptions& options);

}  // namespace ashlar::pipeline
