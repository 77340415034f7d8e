#pragma once
// The functions that forms.cc lists.
#include "base/json.h"
#include "base/text.h"
#include "scan/forms.h"

namespace ashlar::scan {

std::string write_table(std::span<const Report> reports, const FormOptions& options);
std::string write_json(std::span<const Report> reports, const FormOptions& options);

std::string write_sarif(std::span<const Report> reports, const FormOptions& options);
std::string write_cyclonedx(std::span<const Report> reports, const FormOptions& options);
std::string write_html(std::span<const Report> reports, const FormOptions& options);
std::string write_grype(std::span<const Report> reports, const FormOptions& options);
std::string write_trivy(std::span<const Report> reports, const FormOptions& options);
std::string write_cosign_vuln(std::span<const Report> reports, const FormOptions& options);

/// The digest of the database; empty where there was none.
std::string digest_text(const DatabaseStamp& stamp);

/// `https://ashlar.dev/scan/v1` (docs/formats/scan.md).
Json to_json(const Report& report);

}  // namespace ashlar::scan
