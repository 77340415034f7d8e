#pragma once
// From a definition and what archives offer to a lock, as pure functions.
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "deb/package.h"
#include "deb/release.h"
#include "plan/definition.h"
#include "plan/lock.h"
#include "plan/resolve.h"

namespace ashlar::plan {

/// One suite of an archive, as a lock names it.
struct OfferArchive {
  std::string name, suite;
  std::vector<std::string> components;
  bool security = false;
  const deb::Release* release = nullptr;
};
/// What archives offer for one platform.
struct Offer {
  std::string platform;      ///< `linux/amd64`
  std::string architecture;  ///< dpkg's
  std::span<const deb::Package> packages;  ///< Package::archive counts in `archives`
  const Universe* universe = nullptr;      ///< over `packages`, made once for many definitions; never null
  std::vector<OfferArchive> archives;
  std::map<std::string, std::string> stand_ins = {};  ///< names among `packages` that stand for part of another package, whose .deb they are
};

/// What of an old lock may move.
struct Update {
  bool all = true;                 ///< everything to what the offers have
  std::vector<std::string> names;  ///< not all: these, and what they newly need
  bool security_only = false;      ///< not all: what a security archive has newer
};

struct MadeLock {
  Lock lock;
  std::vector<std::string> notes;    ///< exclusions that keep nothing out, parts not built yet, pins met by the distribution's own build; a line each
  std::vector<std::string> details;  ///< what went as the definition asks: dependencies that exclusions dropped, packages that stand in for others
};

/// SHA-256 over what in a definition decides the choice of packages and files: a lock with another digest does not fit it.
std::string inputs_digest(const Definition& definition, bool only_distribution);

/// What keeps a definition from being locked against these offers, in one line; nothing when it can be. Stages of `builds` only need that the
/// archives have what they are built with. With `only_distribution`, a pin to another vendor's rebuild (`5.2-1+vendor3`) is met by the
/// distribution's build of the same source (`5.2-1`, `5.2-1+b2`, `5.2-1+deb13u1`).
std::optional<std::string> what_lacks(const Definition& definition, std::span<const Offer> offers, bool only_distribution);

/// Chooses packages for every offer. `old`, when given and not everything may move, holds the others where they are. Invalid names all that
/// `what_lacks` finds; Conflict when no choice of packages fits.
Result<MadeLock> make_lock(const Definition& definition, std::span<const Offer> offers, const Lock* old, const Update& update, const Encoder& encoder,
                           bool only_distribution);

/// What differs, a line each: `linux/amd64: libssl3t64 3.5.1-1 -> 3.5.1-1+deb13u1`. Empty when both choose the same packages and files.
std::vector<std::string> changes(const Lock& before, const Lock& after);

}  // namespace ashlar::plan
