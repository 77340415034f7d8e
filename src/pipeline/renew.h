#pragma once
// The return half: what changed in the world, what is due for it, and doing it (docs/renewing.md).
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "pipeline/fleet.h"
#include "pipeline/make.h"
#include "pipeline/watch.h"
#include "policy/due.h"

namespace ashlar::pipeline {

struct RenewOptions {
  MakeOptions make{};                   ///< its `tags` are the fleet's
  std::vector<std::string> only{};      ///< as choose() takes them; empty: all
  bool plan = false;                    ///< say what is due, do nothing, write nothing down
  bool candidates = false;              ///< look ahead: build and test what the archives propose, publish nothing
  bool again = false;                   ///< do what was stopped before, too
};

/// What became of one thing that was due.
struct Renewal {
  std::string image;
  policy::DueAction action = policy::DueAction::Rebuild;
  enum class Outcome : unsigned char { Promoted, Canary, Stopped, Failed, Told, Said } outcome = Outcome::Failed;
  std::string digest{}, revision{};
  std::vector<std::string> moved{};     ///< tags
  std::vector<std::string> why{};       ///< of Stopped and Failed, a line each
  std::string candidate{};              ///< of Stopped: where it can be looked at
  std::string owner{};                  ///< of an application: who builds it
  std::string onto{};                   ///< of an application: what its base is now, by digest
  std::optional<FleetBuild> build{};    ///< of an application: where it is built when it cannot be rebased
  std::vector<std::string> closed{};    ///< findings that it closed, `CVE-2026-1 expat`
  std::string ahead{};                  ///< of what was published with another lock: `held`, `differs`, `none` (ahead_of)
  std::optional<Error> error{};         ///< of Failed
  double seconds = 0;
};
std::string_view to_string(Renewal::Outcome outcome);  ///< `promoted`, `canary`, `stopped`, `failed`, `told`: an application whose owner must build it, `said`: what is promised

/// What the archives propose for one image, built and tested before it is published by them.
struct Ahead {
  std::string image;
  enum class Outcome : unsigned char { Nothing, Passed, Stopped, Failed } outcome = Outcome::Nothing;  ///< Nothing: they propose nothing that it would take
  std::string lock{};                   ///< lock_identity() of what will be renewed to
  std::vector<std::string> changes{};   ///< against what the archives have now, a line each
  std::vector<std::string> why{};       ///< of the others than Passed, a line each
  std::vector<std::string> breaking{};  ///< what would not work any more as it does in what is published, whatever the policy says of it, a line each
  std::string digest{}, candidate{};    ///< where it can be looked at
  bool known = false;                   ///< the ledger has it already
  std::optional<Error> error{};         ///< of Failed
  double seconds = 0;
};
std::string_view to_string(Ahead::Outcome outcome);  ///< `nothing`, `passed`, `stopped`, `failed`

struct Renewed {
  Time now{};
  size_t images = 0;
  std::vector<std::string> fleet{};                     ///< names of all its images and applications, those that were not looked at, too
  std::map<std::string, std::string> owners{};          ///< of its images, by name, where the fleet says who
  std::vector<std::string> applications{};              ///< that were looked at
  std::vector<policy::ImageFacts> facts{};              ///< of each that was looked at, as it was before
  std::vector<policy::Due> due{};
  policy::CriticalPath path{};
  std::vector<Renewal> done{};
  std::vector<Renewal> waiting{};                       ///< applications that were stopped before, and are not tried again: as `done` had them
  std::vector<Ahead> ahead{};                           ///< of a look ahead, one for each image; nothing else is there then
  std::vector<std::pair<std::string, Error>> unseen{};  ///< images that could not be looked at
  std::uint64_t events = 0;                             ///< that were written down
  std::uint64_t sealed_late = 0;                        ///< events before this round that nothing had sealed, and that are sealed now
};

/// Waits until no other renewal of the workshop writes.
Result<std::unique_ptr<host::FileLock>> take_renewal_turn(const Workshop& workshop);

/// The workshop's ledger, which is made where it lacks.
Result<ledger::Ledger> begin_ledger(const Workshop& workshop);

/// Reads a fleet's file.
Result<Fleet> load_fleet(const host::Machine& machine, const host::Path& path);

/// Looks at every image of the fleet, writes down what is new, decides what is due, and unless `plan` does it: newer lock, made (built, tested, scanned, gated,
/// signed, published), tags moved, written down. One renewal at a time on this machine. What fails or is stopped leaves its tags and its lock as they were and
/// does not hold up the others. Killed at any moment, the next call goes on.
Result<Renewed> renew(Workshop& workshop, advisory::Database& database, const Fleet& fleet, const RenewOptions& options);

}  // namespace ashlar::pipeline
