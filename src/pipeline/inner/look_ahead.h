#pragma once
// Ahead of an advisory: what the archives propose, built and tested before they publish it.
#include "deb/distribution.h"
#include "pipeline/renew.h"

namespace ashlar::pipeline {

/// Makes a lock over proposed suites what it will be when the proposal has landed: what it took of them lies where `present` has the same package, else in the first suite of
/// their archive, and they are not named any more.
void land(const deb::Distribution& distribution, const plan::Lock& present, plan::Lock& proposed);

/// For each image of the fleet whose lock would be another with what the archives propose: makes it, up to the gate's answer, keeps the candidate by digest, and writes that down.
/// What the ledger knows already is said and not made again, unless `again`. Neither a tag nor anything beside the definition is touched.
Result<Renewed> look_ahead(Workshop& workshop, advisory::Database& database, ledger::Ledger& ledger, const Fleet& fleet, const RenewOptions& options);

}  // namespace ashlar::pipeline
