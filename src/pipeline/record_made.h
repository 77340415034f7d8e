#pragma once
// What the making of an image is in the ledger: the same whether the loop made it or a person.
#include <string>
#include <vector>

#include "pipeline/history.h"
#include "pipeline/make.h"

namespace ashlar::pipeline {

/// What of a making the image itself does not say.
struct Making {
  std::string image;             ///< its name in the ledger
  std::string by;
  Time at{};                     ///< when it ended
  std::string inputs{};          ///< a digest of all that decided about it; empty: not known
  std::string candidate{}, judged{};  ///< of what was stopped: where it is kept, and judged_digest() of it
  std::string tags{};            ///< that it was published under, with blanks between them
  std::string other{};           ///< the fact `what` of an image that is not under the stable tags: `canary`, `published`; empty: it is promoted
};

/// The reasons of a verdict, a line each: those that hold of what passed, those that do not of what was stopped.
std::vector<std::string> reasons_of(const policy::GateVerdict& verdict);

/// The same of an event's `reason`, which has them with `; ` between them.
std::vector<std::string> lines_of_reasons(std::string_view reason);

/// Rebuilt, tested, and promoted or noted, in this order; of what was stopped that it was tested. With a promotion come the findings that are gone or there with it.
std::vector<ledger::Event> events_of(const Made& made, const Making& making, const ImageHistory& history);

/// Writes down what a person made at `to`, where this machine has a ledger; else nothing. Under a tag that is neither one of its definition's nor one
/// that the ledger says was promoted last it is noted, and no promotion. How many events were written; with a key they are sealed.
Result<size_t> record_made(Workshop& workshop, const oci::ImageRef& to, const Made& made, const trust::PrivateKey* key);

}  // namespace ashlar::pipeline
