#pragma once
// One test of a definition, run.
#include "prove/inner/runtime.h"
#include "prove/run.h"

namespace ashlar::prove {

/// What all tests of an image share.
struct Trials {
  host::Machine& machine;
  Runtime& runtime;
  const inventory::Contents& contents;
  const RunOptions& options;
  Cell cell;  ///< as for a test that changes nothing
};

/// `run:<name>`, with the commands, ports and answers that were seen as evidence, or what was not as it shall be and the last lines of the log. An
/// Error when this machine cannot do it, or a file that the test names is not there.
Result<Check> run_trial(Trials& trials, const plan::RunTest& test, size_t place);

}  // namespace ashlar::prove
