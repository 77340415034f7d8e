// What consumers of `grype -o json` read: matches with vulnerability and artifact, and as ignored those that statements or decisions answer.
#include <algorithm>

#include <nlohmann/json.hpp>

#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

std::string capitalised(std::string_view word) {
  std::string out(word);
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

Json vulnerability_of(const Finding& finding) {
  Json out = {{"id", finding.id}, {"dataSource", ""}, {"namespace", finding.space}, {"severity", capitalised(advisory::to_string(finding.severity))}, {"urls", Json::array()}, {"description", finding.summary}, {"cvss", Json::array()}};
  for (const auto& rating : finding.ratings) {
    if (rating.vector.empty()) continue;
    Json score = {{"source", rating.by}, {"vector", rating.vector}};
    if (const auto number = advisory::cvss_score(rating.vector)) score["metrics"] = {{"baseScore", *number}};
    out["cvss"].push_back(std::move(score));
  }
  if (finding.exploited) out["knownExploited"] = Json::array({{{"cve", finding.exploited->cve}, {"dateAdded", finding.exploited->added.date()}}});
  if (finding.likelihood) out["epss"] = Json::array({{{"cve", finding.likelihood->cve}, {"epss", finding.likelihood->score}, {"percentile", finding.likelihood->percentile}}});
  out["fix"] = {{"versions", finding.fixed_in.empty() ? Json::array() : Json::array({finding.fixed_in})}, {"state", finding.fixed_in.empty() ? "not-fixed" : "fixed"}};
  return out;
}

Json match_of(const Finding& finding) {
  const inventory::Component& component = finding.component;
  Json related = Json::array(), upstreams = Json::array();
  for (const std::string& alias : finding.aliases) related.push_back({{"id", alias}});
  if (!component.source.empty() && component.source != component.name) upstreams.push_back({{"name", component.source}});
  Json out = {{"vulnerability", vulnerability_of(finding)}, {"relatedVulnerabilities", std::move(related)}};
  out["matchDetails"] = Json::array();
  for (const std::string& feed : finding.agree) out["matchDetails"].push_back({{"type", upstreams.empty() ? "exact-direct-match" : "exact-indirect-match"}, {"matcher", feed}});
  out["artifact"] = {{"name", component.name}, {"version", component.version}, {"type", component.type}, {"locations", Json::array({{{"path", "/" + component.path}}})}, {"purl", finding.purl}, {"upstreams", std::move(upstreams)}};
  if (finding.status != Status::Affected && finding.status != Status::UnderInvestigation)
    out["appliedIgnoreRules"] = Json::array({{{"vulnerability", finding.id}, {"namespace", finding.status == Status::Excepted ? "decision" : "vex"}, {"vex-status", finding.status == Status::Excepted ? "" : std::string(to_string(finding.status))}, {"reason", finding.reason}}});
  return out;
}

}  // namespace

std::string write_grype(std::span<const Report> reports, const FormOptions&) {
  Json all = Json::array();
  for (const Report& report : reports) {
    Json matches = Json::array(), ignored = Json::array();
    for (const Finding& finding : report.findings) (finding.status == Status::Affected || finding.status == Status::UnderInvestigation ? matches : ignored).push_back(match_of(finding));
    all.push_back({{"matches", std::move(matches)}, {"ignoredMatches", std::move(ignored)},
                   {"source", {{"type", "image"}, {"target", {{"userInput", report.ref}, {"manifestDigest", report.digest}}}}},
                   {"distro", {{"name", report.distribution.id}, {"version", report.distribution.version}}},
                   {"descriptor", {{"name", "ashlar"}, {"version", ASHLAR_VERSION}, {"timestamp", report.now.str()}, {"verdict", to_string(report.verdict)}, {"notKnown", report.causes}, {"notes", report.notes}}}});
  }
  return to_pretty(all.size() == 1 ? all[0] : all);
}

}  // namespace ashlar::scan
