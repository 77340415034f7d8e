#pragma once
// Before and after: gathers what there is of old images, of hardened ones and of the ledger, and makes the outcome table of it (docs/formats/outcomes.md).
#include <optional>
#include <string>
#include <vector>

#include "advisory/database.h"
#include "pipeline/fleet.h"
#include "pipeline/scan.h"
#include "pipeline/workshop.h"
#include "policy/outcomes.h"

namespace ashlar::pipeline {

/// One image to be looked at.
struct OutcomeTarget {
  std::string ref{};
  std::string name{};          ///< in the ledger; empty: that of the reference
  std::string base{};          ///< reference of what it is built on; empty: guessed
  host::Path lock{};           ///< that it is said to be made of; empty: one that is attached and believed, else none
  host::Path definition{};     ///< for its proofs; empty: what the image names
  std::string unseen{};        ///< why it cannot be looked at, known beforehand
  bool needed = true;          ///< what cannot be opened is an error; else there is no evidence of it
};

struct OutcomesWish {
  std::vector<OutcomeTarget> before{}, after{};
  std::string lacks{};                  ///< why there is nothing before
  host::Path ledger{};                  ///< empty: the one in the folder of state
  std::string policy{}, preset{};       ///< whose section `sla` gives the clocks
  std::string platform{};               ///< of images for several; empty: the first
  ScanOptions scan{};                   ///< statements, decisions, whom is believed; `as_of` is `now`
  std::vector<std::string> scanners{};  ///< programs to run on the images, too: `grype`, `trivy`
  policy::WorkModel model{};
  std::optional<Time> now{};            ///< none: the machine's clock
};

/// What a fleet has published now, and what each image of it took the place of.
Result<OutcomesWish> outcomes_of_fleet(Workshop& workshop, const Fleet& fleet);

/// Invalid for a scanner that is not known, and for a lock or definition that does not read.
Result<policy::Outcomes> outcomes(Workshop& workshop, advisory::Database& database, const OutcomesWish& wish);

}  // namespace ashlar::pipeline
