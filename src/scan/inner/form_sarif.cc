// SARIF 2.1.0 (OASIS): a rule for each vulnerability, a result for each finding that stands, suppressions for those that statements or decisions answer.
#include <map>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "scan/inner/findings.h"
#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

/// 3.27.10: how results are shown.
std::string_view level_of(advisory::Severity severity) {
  switch (severity) {
    case advisory::Severity::Critical:
    case advisory::Severity::High: return "error";
    case advisory::Severity::Medium: return "warning";
    default: return "note";
  }
}

/// What code scanning services sort by: a number from 0 to 10 within the band of CVSS's qualitative scale.
std::string_view score_of(advisory::Severity severity) {
  switch (severity) {
    case advisory::Severity::Critical: return "9.5";
    case advisory::Severity::High: return "8.0";
    case advisory::Severity::Medium: return "5.5";
    case advisory::Severity::Low: return "2.0";
    default: return "0.0";
  }
}

Json rule_of(const Finding& finding) {
  const std::string title = finding.summary.empty() ? finding.id : finding.summary;
  return {{"id", finding.id}, {"shortDescription", {{"text", title}}}, {"fullDescription", {{"text", title}}},
          {"properties", {{"security-severity", score_of(weight_of(finding))}, {"tags", Json::array({"security", "vulnerability", advisory::to_string(finding.severity)})}}}};
}

Json result_of(const Report& report, const Finding& finding, std::size_t rule) {
  const std::string fix = finding.fixed_in.empty() ? "no fix: " + finding.no_fix : "fixed in " + finding.fixed_in;
  Json out = {{"ruleId", finding.id}, {"ruleIndex", rule}, {"level", level_of(weight_of(finding))},
              {"message", {{"text", fmt::format("{} {} is affected by {} ({}), {}", finding.component.name, finding.component.version, finding.id, advisory::to_string(finding.severity), fix)}}}};
  out["locations"] = Json::array({{{"physicalLocation", {{"artifactLocation", {{"uri", finding.component.path.substr(0, finding.component.path.find('!'))}, {"uriBaseId", "IMAGE"}}}}},
                                   {"logicalLocations", Json::array({{{"fullyQualifiedName", finding.purl}, {"kind", "package"}}})}}});
  out["partialFingerprints"] = {{"ashlar/v1", Digest::of(fmt::format("{}\n{}\n{}", finding.id, finding.purl, finding.component.path)).hex()}};
  out["properties"] = {{"target", report.ref}, {"owner", to_string(finding.owner)}, {"status", to_string(finding.status)}, {"layer", finding.component.layer}};
  if (!finding.support.empty()) out["properties"]["support"] = finding.support;
  if (finding.status != Status::Affected)
    out["suppressions"] = Json::array({{{"kind", "external"}, {"status", finding.status == Status::UnderInvestigation ? "underReview" : "accepted"}, {"justification", fmt::format("{}: {}", to_string(finding.status), finding.reason)}}});
  return out;
}

}  // namespace

std::string write_sarif(std::span<const Report> reports, const FormOptions&) {
  Json runs = Json::array();
  for (const Report& report : reports) {
    std::map<std::string, std::size_t> index;
    Json rules = Json::array(), results = Json::array(), notifications = Json::array();
    for (const Finding& finding : report.findings) {
      const auto [at, fresh] = index.emplace(finding.id, rules.size());
      if (fresh) rules.push_back(rule_of(finding));
      results.push_back(result_of(report, finding, at->second));
    }
    for (const std::string& cause : report.causes) notifications.push_back({{"level", "error"}, {"message", {{"text", "not known: " + cause}}}});
    for (const std::string& note : report.notes) notifications.push_back({{"level", "note"}, {"message", {{"text", note}}}});
    Json run = {{"tool", {{"driver", {{"name", "ashlar"}, {"version", ASHLAR_VERSION}, {"informationUri", "https://ashlar.dev"}, {"rules", std::move(rules)}}}}}};
    run["invocations"] = Json::array({{{"executionSuccessful", report.verdict != Verdict::Unknown}, {"toolExecutionNotifications", std::move(notifications)}}});
    run["originalUriBaseIds"] = {{"IMAGE", {{"description", {{"text", "the root of the image's file system"}}}}}};
    run["results"] = std::move(results);
    run["properties"] = {{"target", report.ref}, {"digest", report.digest}, {"verdict", to_string(report.verdict)}, {"database", digest_text(report.database)}};
    runs.push_back(std::move(run));
  }
  return to_pretty({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", std::move(runs)}});
}

}  // namespace ashlar::scan
