#pragma once
// Images of others that are built on images of the fleet, or on images whose tags are watched: whether they lie on what their base is now, and what becomes of them when not.
#include <map>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "pipeline/fleet.h"
#include "pipeline/make.h"
#include "pipeline/workshop.h"

namespace ashlar::pipeline {

/// What the tag that an application follows points at now.
struct BaseNow {
  oci::ImageRef place{};  ///< with the tag, where one is named
  std::string digest{};
  std::string str() const;  ///< `docker://HOST/REPO@sha256:...`
};

/// What decides about an application beside its base: the gate's rules, and a digest that changes with whatever it goes by.
struct ApplicationRules {
  const MakeOptions& make;
  std::string judged_by{};
};

/// How an application stands to its base.
struct ApplicationStanding {
  bool behind = false;                 ///< it lies on another image than what its base is now
  std::vector<std::string> because{};  ///< how that is known, a line each
  std::string own{};                   ///< its digest
  std::string manifests{};             ///< of the base, for its platforms: `linux/amd64=sha256:...`, with blanks between
  std::string from{};                  ///< the image of others that it lies on by what the ledger knows, by digest; empty: that is not known
  std::string inputs{};                ///< a digest of all that decides about it but for advisories
  std::string stopped{};               ///< why the same was stopped before; empty: it was not, or something has changed since
  std::vector<ledger::Event> events{};  ///< that bring the ledger up to what was seen
};

/// Looks at an application beside its base. By the digests of unpacked layers, platform for platform: it lies on its base where the base's are its lowest, or where it is written when it is
/// rebased, with its own layers on those. On a base of others it lies only as long as that is the image, by digest, that the ledger saw it on last: settings move, too.
Result<ApplicationStanding> standing_of(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const FleetApplication& application, const BaseNow& base, const ApplicationRules& rules);

struct MovedApplication {
  enum class Outcome : unsigned char { Told, Stopped, Promoted } outcome = Outcome::Told;  ///< Told: its owner must build it
  std::string digest{};                ///< of what it would be on its new base; empty: that could not be made
  std::vector<std::string> why{};      ///< of Told and Stopped, a line each
  std::string candidate{};             ///< of Stopped: where it can be looked at
  std::vector<ledger::Event> events{};  ///< that are to be written down
};

/// Puts its layers onto what the base is now where that is provably safe (docs/rebasing.md) and the fleet says where it may be written: as a candidate that is tested, scanned and judged by the
/// gate, and held against what is used now; what passes is pushed by its digest, signed there where there is a key, and its tag moves last. What is stopped is kept by its digest.
/// A proof that the application does not hold as it is now either is its own: none that holds now may be lost.
Result<MovedApplication> move_application(Workshop& workshop, advisory::Database& database, const FleetApplication& application, const BaseNow& onto, const ApplicationStanding& standing, const ApplicationRules& rules);

}  // namespace ashlar::pipeline
