// Cosign's vulnerability predicate (sigstore/cosign, specs/COSIGN_VULN_ATTESTATION_SPEC.md): who scanned with what, when, and the result.
#include <nlohmann/json.hpp>

#include "attest/results.h"
#include "scan/inner/form_rows.h"

namespace ashlar::scan {

std::string write_cosign_vuln(std::span<const Report> reports, const FormOptions&) {
  Json all = Json::array();
  for (const Report& report : reports) {
    Json result = to_json(report);
    result.erase("schema");
    all.push_back(attest::vulnerability_scan(std::move(result), {.scanner = "https://ashlar.dev", .version = ASHLAR_VERSION, .database = digest_text(report.database), .database_created = report.database.created,
                                                                .started = report.now, .finished = report.now}));
  }
  return to_pretty(all.size() == 1 ? all[0] : all);
}

}  // namespace ashlar::scan
