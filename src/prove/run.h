#pragma once
// Run tests: an image is started in a sandbox, and what its definition asks of it is seen to happen.
#include <optional>
#include <vector>

#include "base/progress.h"
#include "host/machine.h"
#include "oci/layout.h"
#include "plan/definition.h"
#include "prove/behaviour.h"
#include "prove/check.h"

namespace ashlar::prove {

struct RunOptions {
  host::Path catalogue;  ///< what `source` of a test's file is relative to
  host::Path cache;      ///< unpacked images are kept below it, by digest
  host::Path state;      ///< logs of the tests, and bundles while they run
  std::vector<std::string> only = {};  ///< names of tests; empty: all
  std::string_view probe = {};    ///< the program that `probe: true` of a test's file means
  std::vector<Ran>* measured = nullptr;  ///< gets a row for each test that was run; null: nobody asks
};

/// Runs the definition's tests (its for_platform() value is made here) on one platform's image: a check `run:<name>` each, in their order; none
/// when it has no tests. A test that fails has the last lines of its log as evidence. Where this machine cannot run the image (another processor, no
/// runtime), the checks are NotApplicable with the reason. An Error is one of reading the image or of this machine, not of the image.
Result<std::vector<Check>> run_tests(oci::ImageReader& image, const oci::PlatformImage& which, const plan::Definition& definition, host::Machine& machine,
                                     const RunOptions& options, Progress& progress);

}  // namespace ashlar::prove
