#pragma once
// What is known of each image of the fleet now: what is published, what a renewal would take, what advisories say of it.
#include <optional>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "ledger/ledger.h"
#include "oci/ref.h"
#include "pipeline/fleet.h"
#include "pipeline/history.h"
#include "pipeline/lock.h"
#include "pipeline/scan.h"
#include "pipeline/workshop.h"
#include "policy/due.h"
#include "policy/policy.h"

namespace ashlar::pipeline {

struct WatchOptions {
  LockOptions lock{};       ///< mirrors, keys, offline
  ScanSettings settings{};
  TrustSettings trust{};
  scan::DecisionRules rules{};  ///< what is asked of statements and decisions
  std::vector<scan::GateRule> gate{};  ///< by which candidates were judged that were stopped
  std::string judged_by{};  ///< a digest that changes with the policy, the statements and the decisions that the gate goes by
  bool signs = false;       ///< there is a key that signs what is promised
  policy::Policy policy{};  ///< whose agreement is promised where the fleet names none
  bool remember = true;     ///< what images hold, for advisories to come
};

struct Watched {
  FleetImage image;
  plan::Definition definition;
  std::string identified{};                ///< the definition with all that it takes: definition_identity()
  oci::ImageRef to;
  std::string before{};                    ///< text of the lock that is there; empty: none
  std::string identity{};                  ///< of it: lock_identity()
  plan::Lock newer{};                      ///< what a renewal would build
  bool takes_newer = false;                ///< it is another than the one that is there
  std::vector<std::string> changes{};      ///< of it, a line each
  std::string inputs{};                    ///< a digest of all that decides how a renewal ends
  std::string ref{};                       ///< what is published, by digest; empty: nothing is
  std::vector<scan::Report> reports{};     ///< of it, by platform
  ImageHistory history{};
  std::vector<ledger::Event> events{};     ///< that bring the ledger up to what was seen
  policy::ImageFacts facts{};
};

/// Since when the archives of a lock have a version of a source package that is no older than `version`, in everything that it has of it; nothing: they do not.
std::optional<Time> fixed_since(const plan::Lock& lock, const std::string& source, const std::string& version, Time now);

/// A digest of what a lock puts into images: the same for locks that differ only in when archives were read.
std::string lock_identity(const plan::Lock& lock);

/// A digest of the packages that a lock puts into images, by their bytes: the same wherever archives have them.
std::string packages_identity(const plan::Lock& lock);

/// A digest of all that decides how what is made of a lock, by lock_identity(), ends: the definition's digest, and WatchOptions::judged_by.
std::string inputs_of(const std::string& lock, const std::string& definition, const std::string& judged_by);

/// Whether there are advisories of that name, and all of them were taken back by their publishers.
Result<bool> is_withdrawn(advisory::Database& database, const std::string& id);

/// Looks at one image: its archives, what is published of it, and that before the database. Nothing is changed.
Result<Watched> look_at(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const FleetImage& image, const WatchOptions& options, Time now);

/// The same with what the ledger tells of it, from several threads where the database answers them.
Result<Watched> look_at(Workshop& workshop, advisory::Database& database, ImageHistory history, const FleetImage& image, const WatchOptions& options, Time now);

/// Looks at one image that no fleet has, by itself: nothing is known of what a renewal would take. Its name is its repository.
Result<Watched> look_at_image(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const oci::ImageRef& image, const WatchOptions& options, Time now);

/// By which an image is to be patched: what the fleet says of it, else the policy, else the default. NotFound or Invalid where that names none.
Result<policy::SlaRules> agreement_of(Workshop& workshop, const policy::Policy& policy, const FleetImage& image);

/// Sets by when each open finding is to be fixed at the latest: by the image's agreement, else the policy's, else the default one. `written`: the ledger has its events.
Done set_deadlines(Workshop& workshop, ledger::Ledger& ledger, const policy::Policy& policy, bool written, Watched& watched, Time now);

}  // namespace ashlar::pipeline
