// The record that scripts read: docs/formats/scan.md.
#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

Json or_null(const std::optional<Time>& time) { return time ? Json(time->str()) : Json(nullptr); }

Json feed_json(const advisory::FeedStamp& feed) {
  return {{"name", feed.name}, {"format", feed.format}, {"source", feed.source}, {"digest", feed.digest.str()}, {"dated", feed.dated.str()}, {"fetched", feed.fetched.str()}, {"records", feed.records}};
}

Json coverage_json(const Coverage& coverage) {
  Json unknown = Json::array(), dark = Json::array();
  for (const Unjudged& each : coverage.unknown) unknown.push_back({{"package", each.package}, {"version", each.version}, {"path", each.path}, {"reason", each.reason}});
  for (const Dark& each : coverage.dark) {
    Json file = {{"path", each.path}, {"owner", to_string(each.owner)}, {"reason", each.reason}};
    if (!each.excuse.empty()) file["excuse"] = each.excuse;
    dark.push_back(std::move(file));
  }
  const auto excused = static_cast<std::uint64_t>(std::ranges::count_if(coverage.dark, [](const Dark& each) { return !each.excuse.empty(); }));
  return {{"packages", coverage.packages}, {"judged", coverage.judged}, {"unknown", std::move(unknown)},
          {"files", {{"owned", coverage.owned}, {"excused", coverage.excused + excused}, {"dark", coverage.dark.size() - excused}, {"other", coverage.plain}}},
          {"dark_files", std::move(dark)}, {"notes", coverage.notes}};
}

Json finding_json(const Finding& finding) {
  const inventory::Component& component = finding.component;
  Json out = {{"id", finding.id}, {"aliases", finding.aliases}, {"summary", finding.summary}};
  out["package"] = {{"purl", finding.purl}, {"name", component.name}, {"version", component.version}, {"source", component.source.empty() ? component.name : component.source},
                    {"path", component.path}, {"layer", component.layer}, {"space", finding.space}};
  out["owner"] = to_string(finding.owner);
  out["severity"] = advisory::to_string(finding.severity);
  out["severity_by"] = finding.severity_by;
  Json ratings = Json::array();
  for (const auto& rating : finding.ratings) ratings.push_back({{"severity", advisory::to_string(rating.severity)}, {"by", rating.by}, {"vector", rating.vector}});
  out["ratings"] = std::move(ratings);
  out["kev"] = finding.exploited ? Json({{"added", finding.exploited->added.date()}, {"due", finding.exploited->due ? Json(finding.exploited->due->date()) : Json(nullptr)}, {"ransomware", finding.exploited->ransomware}}) : Json(nullptr);
  out["epss"] = finding.likelihood ? Json({{"score", finding.likelihood->score}, {"percentile", finding.likelihood->percentile}}) : Json(nullptr);
  out["status"] = to_string(finding.status);
  out["reason"] = finding.reason;
  out["fixed_in"] = finding.fixed_in.empty() ? Json(nullptr) : Json(finding.fixed_in);
  out["no_fix"] = finding.no_fix;
  out["published"] = or_null(finding.published);
  out["feeds"] = {{"agree", finding.agree}, {"differ", finding.differ}};
  Json proof = Json::array();
  for (const Step& step : finding.proof) proof.push_back({{"step", step.kind}, {"text", step.text}});
  out["proof"] = std::move(proof);
  return out;
}

Json statements_json(const StatementSource& source) {
  return {{"source", source.source}, {"author", source.author}, {"format", source.format}, {"statements", source.total}, {"matched", source.matched}, {"applied", source.distrust.empty()},
          {"reason", source.distrust}, {"notes", source.notes}};
}

Json summary_json(const Report& report) {
  std::map<std::string, std::uint64_t> by_status, by_severity;
  for (const Finding& finding : report.findings) {
    ++by_status[std::string(to_string(finding.status))];
    if (finding.status == Status::Affected) ++by_severity[std::string(advisory::to_string(finding.severity))];
  }
  return {{"findings", report.findings.size()}, {"by_status", by_status}, {"affected_by_severity", by_severity}};
}

}  // namespace

Json to_json(const Report& report) {
  Json out = {{"schema", "https://ashlar.dev/scan/v1"}};
  out["target"] = {{"ref", report.ref}, {"digest", report.digest.empty() ? Json(nullptr) : Json(report.digest)}, {"platform", report.platform}, {"distribution", report.distribution.space.empty() ? Json(nullptr) : Json(report.distribution.space)}};
  Json feeds = Json::array();
  for (const auto& feed : report.database.feeds) feeds.push_back(feed_json(feed));
  out["database"] = {{"digest", report.database.digest ? Json(report.database.digest->str()) : Json(nullptr)}, {"created", report.database.digest ? Json(report.database.created.str()) : Json(nullptr)}, {"feeds", std::move(feeds)}};
  out["coverage"] = coverage_json(report.coverage);
  out["verdict"] = to_string(report.verdict);
  out["causes"] = report.causes;
  out["base"] = {{"layers", report.base_layers}, {"of", report.layers}, {"how", report.base}};
  if (report.change) out["base_change"] = {{"ref", report.change->ref}, {"removed", report.change->removed}, {"kept", report.change->kept}, {"added", report.change->added}};
  Json statements = Json::array();
  for (const StatementSource& source : report.statements) statements.push_back(statements_json(source));
  out["statements"] = std::move(statements);
  Json findings = Json::array();
  for (const Finding& finding : report.findings) findings.push_back(finding_json(finding));
  out["findings"] = std::move(findings);
  out["summary"] = summary_json(report);
  return out;
}

std::string write_json(std::span<const Report> reports, const FormOptions&) {
  if (reports.size() == 1) return to_pretty(to_json(reports.front()));
  Json all = {{"schema", "https://ashlar.dev/scans/v1"}, {"scans", Json::array()}};
  for (const Report& report : reports) all["scans"].push_back(to_json(report));
  return to_pretty(all);
}

}  // namespace ashlar::scan
