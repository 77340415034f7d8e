// CycloneDX 1.6 with what is known of each vulnerability: the components that have findings, and the analysis of each.
#include <map>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

std::string_view severity_word(advisory::Severity severity) {
  return severity == advisory::Severity::Negligible ? "info" : advisory::to_string(severity);
}

/// vulnerabilities[].analysis.state. A decision to live with a finding leaves it exploitable: that nobody mends it is the response.
Json analysis_of(const Finding& finding) {
  switch (finding.status) {
    case Status::Affected: return {{"state", "exploitable"}};
    case Status::Fixed: return {{"state", "resolved"}, {"detail", finding.reason}};
    case Status::NotAffected: return {{"state", "not_affected"}, {"detail", finding.reason}};
    case Status::UnderInvestigation: return {{"state", "in_triage"}, {"detail", finding.reason}};
    case Status::Excepted: return {{"state", "exploitable"}, {"response", Json::array({"will_not_fix"})}, {"detail", finding.reason}};
  }
  return {};
}

std::string ref_of(const Finding& finding) { return finding.component.path.empty() ? finding.purl : fmt::format("{}#{}", finding.purl, finding.component.path); }

Json vulnerability_of(const Finding& finding) {
  Json out = {{"bom-ref", fmt::format("{}/{}", finding.id, ref_of(finding))}, {"id", finding.id}};
  if (!finding.agree.empty()) out["source"] = {{"name", finding.agree.front()}};
  Json ratings = Json::array();
  for (const auto& rating : finding.ratings) {
    Json each = {{"source", {{"name", rating.by}}}, {"severity", severity_word(rating.severity)}};
    if (rating.vector.starts_with("CVSS:") || rating.vector.starts_with("AV:")) each["vector"] = rating.vector;
    ratings.push_back(std::move(each));
  }
  if (!ratings.empty()) out["ratings"] = std::move(ratings);
  if (!finding.summary.empty()) out["description"] = finding.summary;
  if (!finding.fixed_in.empty()) out["recommendation"] = fmt::format("update {} to {}", finding.component.name, finding.fixed_in);
  if (finding.published) out["published"] = finding.published->str();
  out["analysis"] = analysis_of(finding);
  if (!finding.support.empty()) out["properties"] = Json::array({{{"name", "ashlar:support"}, {"value", finding.support}}});
  out["affects"] = Json::array({{{"ref", ref_of(finding)}, {"versions", Json::array({{{"version", finding.component.version}, {"status", finding.status == Status::NotAffected || finding.status == Status::Fixed ? "unaffected" : "affected"}}})}}});
  return out;
}

}  // namespace

std::string write_cyclonedx(std::span<const Report> reports, const FormOptions&) {
  std::map<std::string, Json> components;
  Json vulnerabilities = Json::array();
  std::string name, identity;
  for (const Report& report : reports) {
    name += (name.empty() ? "" : ", ") + report.ref;
    identity += report.ref + report.digest + digest_text(report.database);
    for (const Finding& finding : report.findings) {
      components.try_emplace(ref_of(finding), Json{{"type", "library"}, {"bom-ref", ref_of(finding)}, {"name", finding.component.name}, {"version", finding.component.version}, {"purl", finding.purl}});
      vulnerabilities.push_back(vulnerability_of(finding));
    }
  }
  Json list = Json::array();
  for (auto& [ref, component] : components) list.push_back(std::move(component));
  Json properties = Json::array();
  for (const Report& report : reports) {
    properties.push_back({{"name", "ashlar:verdict"}, {"value", fmt::format("{}: {}", report.ref, to_string(report.verdict))}});
    for (const std::string& cause : report.causes) properties.push_back({{"name", "ashlar:not-known"}, {"value", fmt::format("{}: {}", report.ref, cause)}});
    for (const std::string& note : report.notes) properties.push_back({{"name", "ashlar:note"}, {"value", fmt::format("{}: {}", report.ref, note)}});
  }
  const std::string hex = Digest::of(identity).hex();
  Json out = {{"bomFormat", "CycloneDX"}, {"specVersion", "1.6"},
              {"serialNumber", fmt::format("urn:uuid:{}-{}-5{}-8{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(13, 3), hex.substr(17, 3), hex.substr(20, 12))}, {"version", 1}};
  out["metadata"] = {{"tools", {{"components", Json::array({{{"type", "application"}, {"name", "ashlar"}, {"version", ASHLAR_VERSION}}})}}},
                     {"component", {{"type", "container"}, {"bom-ref", "target"}, {"name", name}}}, {"properties", std::move(properties)}};
  out["components"] = std::move(list);
  out["vulnerabilities"] = std::move(vulnerabilities);
  return to_pretty(out);
}

}  // namespace ashlar::scan
