#include "pipeline/configured_scan.h"

#include "pipeline/decisions.h"

namespace ashlar::pipeline {

Result<ScanOptions> configured_scan(const Workshop& workshop) {
  ScanOptions out{.settings = workshop.config.scan, .trust = trust_of(workshop)};
  TRY(read_decisions(*workshop.machine.files, out.settings.exceptions));
  return out;
}

}  // namespace ashlar::pipeline
