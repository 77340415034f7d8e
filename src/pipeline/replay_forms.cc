#include "pipeline/replay_forms.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/charts.h"
#include "base/html.h"
#include "policy/sla_forms.h"

namespace ashlar::pipeline {
namespace {

using policy::Severity;

std::string name_of(Severity severity) { return std::string(severity == Severity::Unknown ? "unrated" : advisory::to_string(severity)); }
double rounded(double value) { return std::round(value * 100) / 100; }
double share(size_t part, size_t whole) { return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole); }
std::string number(size_t value) { return fmt::format("{}", value); }
std::string days(const std::optional<double>& value) { return value ? fmt::format("{:.1f} d", *value) : "none was fixed"; }

size_t overdue(const policy::SlaReport& report) {
  size_t out = 0;
  for (const auto& each : report.figures) out += each.overdue;
  return out;
}

/// `critical 1, high 2`
std::string by_severity(const ScanCounts& counts) {
  std::string out;
  for (size_t at = 0; at < policy::severities.size(); ++at) {
    if (counts.open[at] > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", name_of(policy::severities[at]), counts.open[at]);
  }
  return out.empty() ? "none" : out;
}

std::string noise(const ScanCounts& counts) { return fmt::format("{} named, {} unfixed, {} matter", counts.named, counts.unfixed, counts.matters()); }

Json to_json(const ScanCounts& counts) {
  Json open = Json::object();
  for (size_t at = 0; at < policy::severities.size(); ++at) open[name_of(policy::severities[at])] = counts.open[at];
  return {{"named", counts.named}, {"unfixed", counts.unfixed}, {"open", std::move(open)}, {"matters", counts.matters()}};
}

Json to_json(const ReplayDay& day) {
  return {{"at", day.now.str()}, {"images", day.images}, {"loop", to_json(day.loop)}, {"none", to_json(day.none)}, {"rebuilds", day.rebuilds}, {"promotions", day.promotions}, {"stopped", day.stopped}, {"tickets", day.tickets}, {"opened", day.opened}};
}

Json to_json(const ReplayImage& image) {
  return {{"image", image.image}, {"first", to_json(image.first)}, {"loop", to_json(image.loop)}, {"none", to_json(image.none)}, {"mean_loop", rounded(image.mean_loop)}, {"mean_none", rounded(image.mean_none)}, {"rebuilds", image.rebuilds}, {"stopped", image.stopped}};
}

Json to_json(const policy::SlaReport& report) {
  Json out = Json::array();
  for (const auto& each : report.figures) out.push_back(policy::to_json(each));
  return out;
}

std::vector<std::string> cells_of(const ReplayDay& day) {
  return {day.now.str(), number(day.loop.matters()), number(day.none.matters()), number(day.loop.all_open()), number(day.none.all_open()), number(day.loop.named), number(day.rebuilds), number(day.stopped), number(day.tickets)};
}

std::string charts(const Replayed& replayed, const std::vector<std::vector<std::string>>& rows) {
  const std::string first = replayed.from.date(), last = replayed.to.date();
  ChartSeries none{.name = "without"}, loop{.name = "loop"}, rebuilds, tickets;
  size_t sum = 0;
  for (const ReplayDay& day : replayed.days) {
    none.values.push_back(day.none.matters());
    loop.values.push_back(day.loop.matters());
    rebuilds.values.push_back(sum += day.rebuilds);
    tickets.values.push_back(day.tickets);
  }
  const ReplayDay& end = replayed.days.back();
  const std::vector<ChartSeries> both = {std::move(none), std::move(loop)};
  std::string out = "<h2>Day by day</h2><div class=\"pair\">";
  out += step_chart("open", "Open findings that matter, of all images", fmt::format("On {}: {} with the loop, {} without", last, end.loop.matters(), end.none.matters()), first, last, both);
  out += step_chart("rebuilds", "Rebuilds so far", fmt::format("{} until {}", sum, last), first, last, {&rebuilds, 1});
  out += step_chart("tickets", "Tickets that stand open", fmt::format("{} on {}", end.tickets, last), first, last, {&tickets, 1});
  return out + "</div>\n" + html_table("days", "Rounds in which something changed", {"Round", "Matter, loop", "Matter, without", "Open, loop", "Open, without", "Named", "Rebuilds", "Stopped", "Tickets"}, rows);
}

std::string by_image(const Replayed& replayed) {
  std::vector<ChartBar> bars;
  std::vector<std::vector<std::string>> rows;
  for (const ReplayImage& each : replayed.images) {
    rows.push_back({each.image, number(each.first.matters()), number(each.loop.matters()), number(each.none.matters()), fmt::format("{:.1f}", each.mean_loop), fmt::format("{:.1f}", each.mean_none), number(each.rebuilds), number(each.stopped)});
  }
  double loop = 0, none = 0;
  for (const ReplayImage& each : replayed.images) loop += each.mean_loop, none += each.mean_none;
  const auto count = static_cast<double>(replayed.images.size());
  bars = {{"loop", fmt::format("{:.1f}", loop / count), loop / count}, {"without", fmt::format("{:.1f}", none / count), none / count, true}};
  return "<h2>By image</h2><div class=\"pair\">" + bar_chart("per-image", "CVEs per image that matter, mean over the time", fmt::format("{:.1f} with the loop, {:.1f} without", loop / count, none / count), bars) +
         html_table("images", "Findings that matter", {"Image", "At first", "Last, loop", "Last, without", "Mean, loop", "Mean, without", "Rebuilds", "Stopped"}, rows) + "</div>\n";
}

}  // namespace

std::vector<OutcomeRow> outcome_of(const Replayed& replayed) {
  const ReplayDay &first = replayed.days.front(), &last = replayed.days.back();
  const auto per_image = [](const ScanCounts& counts, size_t images) { return fmt::format("{:.1f}", share(counts.matters(), images)); };
  double mean_loop = 0, mean_none = 0;
  for (const ReplayImage& each : replayed.images) mean_loop += each.mean_loop, mean_none += each.mean_none;
  const auto count = static_cast<double>(replayed.images.size());
  std::vector<OutcomeRow> out = {
      {"CVEs per image that matter, first round", per_image(first.loop, first.images), per_image(first.none, first.images)},
      {"CVEs per image that matter, last round", per_image(last.loop, last.images), per_image(last.none, last.images)},
      {"CVEs per image that matter, mean over the time", fmt::format("{:.1f}", mean_loop / count), fmt::format("{:.1f}", mean_none / count)},
      {"open, last round", by_severity(last.loop), by_severity(last.none)},
      {"what scanners say, last round", noise(last.loop), noise(last.none)},
      {"of what a scanner names, share that does not matter", fmt::format("{:.1f}%", 100 * (1 - share(last.loop.matters(), last.loop.named))), fmt::format("{:.1f}%", 100 * (1 - share(last.none.matters(), last.none.named)))},
      {"overdue, last round", number(overdue(replayed.loop)), number(overdue(replayed.none))},
  };
  for (size_t at = 0; at < policy::severities.size(); ++at) {
    const auto &loop = replayed.loop.figures[at], &none = replayed.none.figures[at];
    const auto within = [](const policy::SlaFigures& each) { return each.within ? fmt::format("{:.1f}%", *each.within * 100) : std::string("no limit ended"); };
    const std::string name = name_of(policy::severities[at]);
    if (loop.open + loop.fixed_in_time + loop.fixed_late + loop.stopped + none.open + none.fixed_in_time + none.fixed_late + none.stopped == 0) continue;
    out.push_back({name + ": fixed, or taken back", number(loop.fixed_in_time + loop.fixed_late), number(none.fixed_in_time + none.fixed_late)});
    if (loop.mean_days || none.mean_days) {
      out.push_back({name + ": mean time to patch", days(loop.mean_days), days(none.mean_days)});
      out.push_back({name + ": 95% patched within", days(loop.p95_days), days(none.p95_days)});
    }
    if (loop.within || none.within) out.push_back({name + ": share within SLA", within(loop), within(none)});
  }
  const ReplayEffort& effort = replayed.effort;
  out.push_back({"rebuilds, of them stopped", fmt::format("{}, {}", effort.rebuilds, effort.stopped), "0, 0"});
  out.push_back({"tickets, of them from the start, on negligible findings", fmt::format("{}, {}, {}", effort.tickets, effort.first_tickets, effort.negligible), "-"});
  out.push_back({"hands-on hours by the model", fmt::format("{:.1f}", effort.loop), fmt::format("0.0; the same by hand {:.1f}", effort.by_hand)});
  return out;
}

std::vector<std::string> terms_of(const Replayed& replayed) {
  return {"Without: each image stays as it was published first, and nobody does anything.",
          "A finding is a vulnerability in a source package of an image. Named: every advisory on a source package of the image, whatever its status. Unfixed: of them those whose fix is newer than the version there, or that have none. Open: of them those that no statement or decision is on. "
          "What matters is open and not negligible.",
          "Time to patch is from the clock's start to the publication without the finding, by the wall clock; a rebuild takes no time here.",
          fmt::format("Hours are assumed, not measured: {:g} minutes a ticket, {:g} a stopped renewal, {:g} a rebuild by hand.", replayed.model.ticket, replayed.model.stopped, replayed.model.rebuild)};
}

std::vector<const ReplayDay*> days_of_change(const Replayed& replayed) {
  std::vector<const ReplayDay*> out;
  for (const ReplayDay& day : replayed.days) {
    const bool same = !out.empty() && day.loop == out.back()->loop && day.none == out.back()->none && day.images == out.back()->images && day.tickets == out.back()->tickets && day.opened + day.rebuilds + day.promotions == 0;
    if (!same || &day == &replayed.days.back()) out.push_back(&day);
  }
  return out;
}

Json to_json(const Replayed& replayed, const std::string& policy) {
  Json outcome = Json::array(), days = Json::array(), images = Json::array();
  for (const OutcomeRow& each : outcome_of(replayed)) outcome.push_back({{"what", each.what}, {"loop", each.loop}, {"none", each.none}});
  for (const ReplayDay& each : replayed.days) days.push_back(to_json(each));
  for (const ReplayImage& each : replayed.images) images.push_back(to_json(each));
  const ReplayEffort& effort = replayed.effort;
  return {{"schema", "https://ashlar.dev/replay/v1"}, {"from", replayed.from.str()}, {"to", replayed.to.str()}, {"every_seconds", replayed.every}, {"policy", policy}, {"sla", policy::terms(replayed.loop.rules)}, {"terms", terms_of(replayed)}, {"facts", replayed.facts}, {"events", replayed.events},
          {"model", {{"ticket_minutes", replayed.model.ticket}, {"stopped_minutes", replayed.model.stopped}, {"rebuild_minutes", replayed.model.rebuild}}},
          {"outcome", std::move(outcome)},
          {"effort", {{"tickets", effort.tickets}, {"first_tickets", effort.first_tickets}, {"negligible_tickets", effort.negligible}, {"stopped", effort.stopped}, {"rebuilds", effort.rebuilds}, {"loop_hours", rounded(effort.loop)}, {"by_hand_hours", rounded(effort.by_hand)}}},
          {"severities", {{"loop", to_json(replayed.loop)}, {"none", to_json(replayed.none)}}}, {"images", std::move(images)}, {"days", std::move(days)}};
}

std::string to_html(const Replayed& replayed, const std::string& policy) {
  std::vector<std::vector<std::string>> outcome, days;
  for (const OutcomeRow& each : outcome_of(replayed)) outcome.push_back({each.what, each.loop, each.none});
  for (const ReplayDay* each : days_of_change(replayed)) days.push_back(cells_of(*each));
  std::string body(chart_style());
  body += fmt::format("<h1>Replay</h1>\n<p>{} images from {} to {}, a round every {}; {} recorded facts. SLA by <code>{}</code>: {}.</p>\n", replayed.images.size(), replayed.from.str(), replayed.to.str(), policy::days_text(replayed.every), replayed.facts, escape_html(policy),
                      escape_html(policy::terms(replayed.loop.rules)));
  for (const std::string& each : terms_of(replayed)) body += fmt::format("<p>{}</p>\n", escape_html(each));
  body += "<h2>Outcome</h2>" + html_table("outcome", "With the loop, and without", {"", "Loop", "Without"}, outcome) + charts(replayed, days) + by_image(replayed);
  return html_page("Ashlar replay", body);
}

}  // namespace ashlar::pipeline
