#include "scan/forms.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

constexpr std::array rows = {
    Form{"table", "what matters first, for people", write_table},
    Form{"json", "everything, for scripts (docs/formats/scan.md)", write_json},
    Form{"sarif", "SARIF 2.1.0, for code scanning", write_sarif},
    Form{"cyclonedx-json", "CycloneDX 1.6 with the analysis of each vulnerability", write_cyclonedx},
    Form{"html", "one page with charts", write_html},
    Form{"cosign-vuln", "cosign's vulnerability predicate", write_cosign_vuln},
    Form{"grype-json", "what reads grype's JSON reads this", write_grype},
    Form{"trivy-json", "what reads trivy's JSON reads this", write_trivy},
};

}  // namespace

std::string digest_text(const DatabaseStamp& stamp) { return stamp.digest ? stamp.digest->str() : std::string(); }

std::span<const Form> forms() { return rows; }

}  // namespace ashlar::scan
