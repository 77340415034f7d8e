// What consumers of `trivy --format json` read: Results, one a space, with Vulnerabilities, and as modified findings those that statements or decisions
// answer.
#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

/// trivy's words: what it has no word for is UNKNOWN, and what is negligible is low.
std::string severity_word(advisory::Severity severity) {
  if (severity == advisory::Severity::Negligible) return "LOW";
  std::string out(advisory::to_string(severity));
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

Json vulnerability_of(const Finding& finding) {
  Json out = {{"VulnerabilityID", finding.id}, {"VendorIDs", finding.aliases}, {"PkgName", finding.component.name}, {"PkgPath", finding.component.path}, {"PkgIdentifier", {{"PURL", finding.purl}}},
              {"InstalledVersion", finding.component.version}, {"FixedVersion", finding.fixed_in}, {"Status", finding.fixed_in.empty() ? std::string_view(finding.status == Status::UnderInvestigation ? "under_investigation" : "affected") : "fixed"},
              {"Layer", {{"Digest", ""}, {"Index", finding.component.layer}}}, {"SeveritySource", finding.severity_by}, {"Title", finding.summary}, {"Description", finding.summary}, {"Severity", severity_word(finding.severity)}};
  Json vendors = Json::object();
  for (const auto& rating : finding.ratings) {
    if (const auto score = advisory::cvss_score(rating.vector)) vendors[rating.by] = {{rating.vector.starts_with("CVSS:4") ? "V40Vector" : rating.vector.starts_with("CVSS:3") ? "V3Vector" : "V2Vector", rating.vector},
                                                                                   {rating.vector.starts_with("CVSS:4") ? "V40Score" : rating.vector.starts_with("CVSS:3") ? "V3Score" : "V2Score", *score}};
  }
  if (!vendors.empty()) out["CVSS"] = std::move(vendors);
  if (finding.published) out["PublishedDate"] = finding.published->str();
  if (!finding.agree.empty()) out["DataSource"] = {{"ID", finding.agree.front()}, {"Name", finding.agree.front()}};
  return out;
}

Json report_json(const Report& report) {
  std::map<std::string, Json> results;
  for (const Finding& finding : report.findings) {
    Json& result = results[finding.space];
    if (result.is_null()) {
      const bool system = finding.component.type == "deb" || finding.component.type == "apk" || finding.component.type == "rpm";
      result = {{"Target", report.ref + " (" + finding.space + ")"}, {"Class", system ? "os-pkgs" : "lang-pkgs"}, {"Type", system ? report.distribution.id : finding.component.type}, {"Vulnerabilities", Json::array()}};
    }
    if (finding.status == Status::Affected || finding.status == Status::UnderInvestigation) result["Vulnerabilities"].push_back(vulnerability_of(finding));
    else result["ExperimentalModifiedFindings"].push_back({{"Type", "vulnerability"}, {"Status", finding.status == Status::Excepted ? "ignored" : to_string(finding.status)}, {"Statement", finding.reason}, {"Finding", vulnerability_of(finding)}});
  }
  Json list = Json::array();
  for (auto& [space, result] : results) list.push_back(std::move(result));
  return {{"SchemaVersion", 2}, {"CreatedAt", report.now.str()}, {"ArtifactName", report.ref}, {"ArtifactType", "container_image"},
          {"Metadata", {{"OS", {{"Family", report.distribution.id}, {"Name", report.distribution.version}}}, {"ImageID", report.digest}, {"Verdict", to_string(report.verdict)}, {"NotKnown", report.causes}, {"Notes", report.notes}}}, {"Results", std::move(list)}};
}

}  // namespace

std::string write_trivy(std::span<const Report> reports, const FormOptions&) {
  Json all = Json::array();
  for (const Report& report : reports) all.push_back(report_json(report));
  return to_pretty(all.size() == 1 ? all[0] : all);
}

}  // namespace ashlar::scan
