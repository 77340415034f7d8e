#pragma once
// The applications of a round of the loop: how each stands to its base, and what becomes of it.
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pipeline/applications.h"
#include "pipeline/renew.h"

namespace ashlar::pipeline {

class ApplicationRound {
 public:
  using Record = std::function<Done(const std::vector<ledger::Event>&)>;  ///< writes down

  /// All of it outlives the round. `record`: null where nothing is written down.
  ApplicationRound(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const RenewOptions& options, std::string judged_by, Record record)
      : workshop_(workshop), database_(database), ledger_(ledger), again_(options.again), rules_{options.make, std::move(judged_by)}, record_(std::move(record)) {}

  /// Looks at each that was chosen, or whose base was, beside its base: what is built on a watched image stands in its facts then, and what could not be seen in `out`.
  Done look(const Fleet& fleet, const FleetChoice& choice, std::vector<Watched>& watched, Renewed& out);
  /// Bases of which nothing is made in this round, with what is built on them.
  const std::vector<policy::ImageFacts>& bases() const { return bases_; }

  /// What is due of an application: put onto what its base is now. `promoted`: the base is another since it was looked at. Nothing where its base did not move and it does not lie on another.
  Done follow(const policy::Due& due, bool promoted, Renewed& out);

 private:
  struct One {
    const FleetApplication* application;
    const FleetImage* image;  ///< null: its base is of others
    BaseNow base{};
    ApplicationStanding standing{};
  };
  Result<BaseNow> base_now(const FleetApplication& application, const FleetImage* image, const Watched* watched);
  Result<BaseNow> base_of_others(const std::string& ref);
  Result<MovedApplication> move(One& one, bool promoted);
  Done look_at(const FleetApplication& application, const FleetImage* image, Watched* watched, Renewed& out);

  Workshop& workshop_;
  advisory::Database& database_;
  ledger::Ledger& ledger_;
  bool again_;
  ApplicationRules rules_;
  Record record_;
  std::vector<One> all_{};
  std::vector<policy::ImageFacts> bases_{};
  std::map<std::string, Result<BaseNow>> others_{};  ///< by reference: a registry is asked once, and one that does not answer, too
};

}  // namespace ashlar::pipeline
