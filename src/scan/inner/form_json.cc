// The record that scripts read: docs/formats/scan.md.
#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "base/json_writer.h"
#include "scan/inner/form_rows.h"

namespace ashlar::scan {
namespace {

Json feed_json(const advisory::FeedStamp& feed) {
  return {{"name", feed.name}, {"format", feed.format}, {"source", feed.source}, {"digest", feed.digest.str()}, {"dated", feed.dated.str()}, {"fetched", feed.fetched.str()}, {"records", feed.records}};
}

Json coverage_json(const Coverage& coverage) {
  Json unknown = Json::array(), within = Json::array(), dark = Json::array();
  for (const Unjudged& each : coverage.unknown) unknown.push_back({{"package", each.package}, {"version", each.version}, {"path", each.path}, {"reason", each.reason}});
  for (const Within& each : coverage.within) within.push_back({{"component", each.component}, {"version", each.version}, {"path", each.path}, {"package", each.package}});
  for (const Dark& each : coverage.dark) {
    Json file = {{"path", each.path}, {"owner", to_string(each.owner)}, {"reason", each.reason}};
    if (!each.excuse.empty()) file["excuse"] = each.excuse;
    dark.push_back(std::move(file));
  }
  const auto excused = static_cast<std::uint64_t>(std::ranges::count_if(coverage.dark, [](const Dark& each) { return !each.excuse.empty(); }));
  Json support = Json::array();
  for (const Supported& each : coverage.support) support.push_back({{"package", each.package}, {"remark", each.remark}, {"ended", each.ended}});
  return {{"packages", coverage.packages}, {"judged", coverage.judged}, {"unknown", std::move(unknown)}, {"within", std::move(within)}, {"support", std::move(support)},
          {"files", {{"owned", coverage.owned}, {"excused", coverage.excused + excused}, {"dark", coverage.dark.size() - excused}, {"other", coverage.plain}}},
          {"dark_files", std::move(dark)}, {"notes", coverage.notes}};
}

void write_finding(const Finding& finding, JsonWriter& to) {
  const inventory::Component& component = finding.component;
  const auto or_null = [&](std::string_view name, const std::string& text) { text.empty() ? to.key(name).null() : to.member(name, text); };
  to.begin_object().member("id", finding.id).member("aliases", finding.aliases).member("summary", finding.summary);
  to.key("package").begin_object().member("purl", finding.purl).member("name", component.name).member("version", component.version);
  to.member("source", component.source.empty() ? component.name : component.source).member("path", component.path).key("layer").number(component.layer).member("space", finding.space).end();
  to.member("owner", to_string(finding.owner)).member("severity", advisory::to_string(finding.severity)).member("severity_by", finding.severity_by);
  to.key("ratings").begin_array();
  for (const auto& rating : finding.ratings) to.begin_object().member("severity", advisory::to_string(rating.severity)).member("by", rating.by).member("vector", rating.vector).end();
  to.end();
  if (const auto& kev = finding.exploited; !kev) to.key("kev").null();
  else to.key("kev").json({{"added", kev->added.date()}, {"due", kev->due ? Json(kev->due->date()) : Json(nullptr)}, {"ransomware", kev->ransomware}});
  if (const auto& epss = finding.likelihood; !epss) to.key("epss").null();
  else to.key("epss").json({{"score", epss->score}, {"percentile", epss->percentile}});
  to.member("status", to_string(finding.status)).member("reason", finding.reason);
  if (!finding.decided_by.empty()) to.member("decided_by", finding.decided_by);
  if (finding.decided_until) to.member("decided_until", finding.decided_until->str());
  or_null("fixed_in", finding.fixed_in);
  to.member("no_fix", finding.no_fix);
  or_null("support", finding.support);
  or_null("published", finding.published ? finding.published->str() : std::string());
  to.key("feeds").begin_object().member("agree", finding.agree).member("differ", finding.differ).end();
  to.key("proof").begin_array();
  for (const Step& step : finding.proof) to.begin_object().member("step", step.kind).member("text", step.text).end();
  to.end().end();
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

/// A part at a time, for of findings there may be tens of thousands.
void write_report(const Report& report, JsonWriter& to) {
  to.begin_object().member("schema", "https://ashlar.dev/scan/v1");
  to.key("target").json({{"ref", report.ref}, {"digest", report.digest.empty() ? Json(nullptr) : Json(report.digest)}, {"platform", report.platform}, {"distribution", report.distribution.space.empty() ? Json(nullptr) : Json(report.distribution.space)}});
  Json feeds = Json::array();
  for (const auto& feed : report.database.feeds) feeds.push_back(feed_json(feed));
  to.key("database").json({{"digest", report.database.digest ? Json(report.database.digest->str()) : Json(nullptr)}, {"created", report.database.digest ? Json(report.database.created.str()) : Json(nullptr)}, {"feeds", std::move(feeds)}});
  to.key("coverage").json(coverage_json(report.coverage));
  to.member("verdict", to_string(report.verdict)).member("causes", report.causes).member("notes", report.notes);
  to.key("base").json({{"layers", report.base_layers}, {"of", report.layers}, {"how", report.base}});
  if (const auto& change = report.change) to.key("base_change").json({{"ref", change->ref}, {"removed", change->removed}, {"kept", change->kept}, {"added", change->added}});
  if (const auto& gate = report.gate) to.key("gate").json({{"fail_on", gate->rules}, {"passed", gate->stopped_by.empty() && gate->untold.empty()}, {"stopped_by", gate->stopped_by}, {"untold", gate->untold}, {"unrated", gate->unrated}});
  to.key("statements").begin_array();
  for (const StatementSource& source : report.statements) to.json(statements_json(source));
  to.end().key("findings").begin_array();
  for (const Finding& finding : report.findings) write_finding(finding, to);
  to.end().key("summary").json(summary_json(report)).end();
}

}  // namespace

Json to_json(const Report& report) {
  JsonWriter to;
  write_report(report, to);
  return parse_json(to.take(), "the report").value();
}

std::string write_json(std::span<const Report> reports, const FormOptions&) {
  JsonWriter to;
  if (reports.size() == 1) {
    write_report(reports.front(), to);
    return to.take();
  }
  to.begin_object().member("schema", "https://ashlar.dev/scans/v1").key("scans").begin_array();
  for (const Report& report : reports) write_report(report, to);
  to.end().end();
  return to.take();
}

}  // namespace ashlar::scan
