// Cosign's vulnerability predicate (sigstore/cosign, specs/COSIGN_VULN_ATTESTATION_SPEC.md): who scanned with what, when, and the result.
#include <nlohmann/json.hpp>

#include "scan/inner/form_rows.h"

namespace ashlar::scan {

std::string write_cosign_vuln(std::span<const Report> reports, const FormOptions&) {
  Json all = Json::array();
  for (const Report& report : reports) {
    const std::string when = report.now.str();
    Json result = to_json(report);
    result.erase("schema");
    all.push_back({{"invocation", {{"parameters", Json::array()}, {"uri", ""}, {"event_id", ""}, {"builder.id", ""}}},
                   {"scanner", {{"uri", "https://ashlar.dev"}, {"version", ASHLAR_VERSION}, {"db", {{"uri", digest_text(report.database)}, {"version", digest_text(report.database)}, {"lastUpdate", report.database.created.str()}}},
                                {"result", std::move(result)}}},
                   {"metadata", {{"scanStartedOn", when}, {"scanFinishedOn", when}}}});
  }
  return to_pretty(all.size() == 1 ? all[0] : all);
}

}  // namespace ashlar::scan
