#include "policy/inner/sla_section.h"

#include <fmt/format.h>

#include <array>

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 11> section_keys = {"source", "starts", "limits", "kev", "environments", "calendar", "stops", "rescored", "reopened", "pauses", "pace"};
constexpr std::array<std::string_view, 6> severity_keys = {"critical", "high", "medium", "low", "negligible", "unrated"};  // in the order of `severities`
constexpr std::array<std::string_view, 2> kev_keys = {"limit", "due-date"};
constexpr std::array<std::string_view, 2> environment_keys = {"limits", "kev"};
constexpr std::array<std::string_view, 4> calendar_keys = {"days", "zone", "rest", "holidays"};
constexpr std::array<std::string_view, 2> holiday_keys = {"date", "name"};
constexpr std::array<std::string_view, 3> pause_keys = {"by", "at-most", "in-all"};
constexpr std::array<std::string_view, 3> start_words = {"published", "fix-available", "first-seen"};
constexpr std::array<std::string_view, 2> day_words = {"all", "working"}, stop_words = {"not-affected", "exception"}, rescored_words = {"from-rescore", "from-start"}, reopened_words = {"continues", "restarts"};
constexpr std::array<std::string_view, 7> weekdays = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};
constexpr size_t high = 1, unrated = 5;

}  // namespace

SlaRules default_sla() {
  SlaRules out{.source = "Ashlar's default: what a small team can hold with a loop that rebuilds by itself. Agree on your own."};
  constexpr std::int64_t day = Calendar::day;
  out.limits.by_severity = {Span{7 * day, 0}, Span{14 * day, 0}, Span{30 * day, 0}, Span{90 * day, 0}, std::nullopt, Span{14 * day, 0}};
  out.limits.kev = Span{3 * day, 0};
  return out;
}

size_t SlaSection::one_of(const YamlNode& node, std::span<const std::string_view> words) {
  const auto found = std::ranges::find(words, node.text);
  if (node.type == YamlNode::Type::Scalar && found != words.end()) return static_cast<size_t>(found - words.begin());
  fault(node, fmt::format("'{}' is none of {}", node.text, fmt::join(words, ", ")));
  return std::string_view::npos;
}

bool SlaSection::span(const YamlNode& in, std::string_view key, Span& out) {
  const YamlNode* const node = in.find(key);
  if (node == nullptr) return false;
  const auto read = parse_span(node->text);
  if (read) out = *read;
  else fault(*node, read.error().message, fmt::format("{}: 7d", key));
  return read.has_value();
}

bool SlaSection::seconds(const YamlNode& in, std::string_view key, std::int64_t& out) {
  Span read;
  if (!span(in, key, read)) return false;
  if (read.months > 0) fault(*in.find(key), "months have no fixed length: give days here");
  out = read.seconds;
  return read.months == 0;
}

void SlaSection::read(const YamlNode& node, SlaRules& out) {
  if (!known(node, section_keys)) return;
  if (const YamlNode* const source = node.find("source")) out.source = source->text;
  if (const YamlNode* const starts = node.find("starts")) {
    if (const size_t at = one_of(*starts, start_words); at != std::string_view::npos) out.starts = static_cast<SlaRules::Start>(at);
  } else {
    fault(node, "'starts' is missing: what the clock starts with", "starts: fix-available");
  }
  out.limits = {};
  if (const YamlNode* const limits = node.find("limits")) read_limits(*limits, out.limits);
  else fault(node, "'limits' is missing: how long for which severity", "limits: {critical: 7d, high: 14d}");
  if (const YamlNode* const kev = node.find("kev")) read_kev(*kev, out.limits);
  if (const YamlNode* const environments = node.find("environments")) read_environments(*environments, out);
  if (const YamlNode* const calendar = node.find("calendar")) read_calendar(*calendar, out.calendar);
  if (const YamlNode* const stops = node.find("stops")) read_stops(*stops, out);
  if (const YamlNode* const rescored = node.find("rescored")) out.rescored_from_start = one_of(*rescored, rescored_words) == 1;
  if (const YamlNode* const reopened = node.find("reopened")) out.reopened_restarts = one_of(*reopened, reopened_words) == 1;
  if (const YamlNode* const pauses = node.find("pauses")) read_pauses(*pauses, out.pauses);
  if (std::int64_t pace = 0; seconds(node, "pace", pace)) {
    if (pace >= Calendar::day && pace % Calendar::day == 0) out.pace_days = pace / Calendar::day;
    else fault(*node.find("pace"), "the pace is taken over whole days", "pace: 90d");
  }
}

void SlaSection::read_limits(const YamlNode& node, SlaLimits& out) {
  if (!known(node, severity_keys)) return;
  for (size_t at = 0; at < severity_keys.size(); ++at) {
    const YamlNode* const limit = node.find(severity_keys[at]);
    if (limit == nullptr) continue;
    out.by_severity[at].reset();
    if (limit->type == YamlNode::Type::Scalar && limit->text == "none") continue;
    if (Span read; span(node, severity_keys[at], read)) out.by_severity[at] = read;
  }
  if (node.find("unrated") == nullptr && node.find("high") != nullptr) out.by_severity[unrated] = out.by_severity[high];  // what nobody has rated may be anything
}

void SlaSection::read_kev(const YamlNode& node, SlaLimits& out) {
  if (!known(node, kev_keys)) return;
  if (Span read; span(node, "limit", read)) out.kev = read;
  flag(node, "due-date", out.kev_due);
}

void SlaSection::read_environments(const YamlNode& node, SlaRules& out) {
  if (node.type != YamlNode::Type::Mapping) return fault(node, "a mapping of environments is expected here", "environments: {production: {limits: {critical: 14d}}}");
  for (const auto& [name, each] : node.members) {
    SlaLimits limits = out.limits;
    if (name.text.empty()) fault(name, "an environment needs a name");
    if (!known(each, environment_keys)) continue;
    if (const YamlNode* const inner = each.find("limits")) read_limits(*inner, limits);
    if (const YamlNode* const kev = each.find("kev")) read_kev(*kev, limits);
    out.environments[name.text] = limits;
  }
}

void SlaSection::read_calendar(const YamlNode& node, Calendar& out) {
  if (!known(node, calendar_keys)) return;
  if (const YamlNode* const days = node.find("days")) out.working_days = one_of(*days, day_words) == 1;
  if (const YamlNode* const zone = node.find("zone")) {
    const auto offset = parse_offset(zone->text);
    if (offset) out.offset = *offset;
    else fault(*zone, offset.error().message, "zone: '+01:00'");
  }
  if (const YamlNode* const rest = node.find("rest")) {
    if (rest->type != YamlNode::Type::Sequence) return fault(*rest, "a list of weekdays is expected here", "rest: [saturday, sunday]");
    out.rest = {};
    for (const YamlNode& each : rest->items) {
      if (const size_t at = one_of(each, weekdays); at != std::string_view::npos) out.rest[at] = true;
    }
    if (std::ranges::count(out.rest, true) == 7) fault(*rest, "on no day of the week would a clock run");
  }
  if (const YamlNode* const holidays = node.find("holidays")) {
    if (holidays->type != YamlNode::Type::Sequence) return fault(*holidays, "a list of holidays is expected here", "holidays: [{date: 2026-12-25, name: Christmas}]");
    for (const YamlNode& each : holidays->items) read_holiday(each, out);
  }
  if (!out.working_days && (node.find("rest") != nullptr || node.find("holidays") != nullptr)) fault(node, "days of rest and holidays mean something where working days count", "days: working");
}

void SlaSection::read_holiday(const YamlNode& node, Calendar& out) {
  if (!known(node, holiday_keys)) return;
  const YamlNode *const date = node.find("date"), *const name = node.find("name");
  const auto time = date == nullptr ? fail(Kind::Invalid, "'date' is missing") : date->text.size() == 10 ? Time::parse(date->text) : fail(Kind::Invalid, fmt::format("'{}' is no date", date->text));
  if (!time) return fault(date == nullptr ? node : *date, time.error().message, "{date: 2026-12-25, name: Christmas}");
  if (name == nullptr || name->text.empty()) return fault(node, "'name' is missing: whoever reads this wants to know why no clock ran", "{date: 2026-12-25, name: Christmas}");
  out.holidays[time->seconds / Calendar::day] = name->text;
}

void SlaSection::read_stops(const YamlNode& node, SlaRules& out) {
  if (node.type != YamlNode::Type::Sequence) return fault(node, "a list is expected here", "stops: [not-affected, exception]");
  out.not_affected_stops = out.exception_stops = false;
  for (const YamlNode& each : node.items) {
    const size_t at = one_of(each, stop_words);
    if (at == 0) out.not_affected_stops = true;
    if (at == 1) out.exception_stops = true;
  }
}

void SlaSection::read_pauses(const YamlNode& node, SlaRules::Pauses& out) {
  if (!known(node, pause_keys)) return;
  if (const YamlNode* const by = node.find("by")) {
    if (by->type != YamlNode::Type::Sequence) return fault(*by, "a list of names is expected here", "by: [security-lead@example.org]");
    for (const YamlNode& each : by->items) {
      if (each.type == YamlNode::Type::Scalar && !each.text.empty()) out.by.push_back(each.text);
      else fault(each, "a name is expected here");
    }
  }
  if (std::int64_t read = 0; seconds(node, "at-most", read)) out.at_most = read;
  if (std::int64_t read = 0; seconds(node, "in-all", read)) out.in_all = read;
}

}  // namespace ashlar::policy
