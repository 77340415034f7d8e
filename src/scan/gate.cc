#include "scan/gate.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::scan {
namespace {

bool is_open(const Finding& finding) { return finding.status == Status::Affected || finding.status == Status::UnderInvestigation; }

/// Whether a finding meets all conditions of the rule but the one on severity.
bool meets_others(const GateRule& rule, const Finding& finding) {
  if (rule.exploited && !finding.exploited) return false;
  if (rule.fixable && finding.fixed_in.empty()) return false;
  if (rule.unrated && finding.severity != advisory::Severity::Unknown) return false;
  return rule.likelihood <= 0 || (finding.likelihood && finding.likelihood->score >= rule.likelihood);
}

/// Whether the database has a feed of this form that is not stale.
bool has_fresh(const Report& report, std::string_view format) {
  return std::ranges::any_of(report.database.feeds, [&](const advisory::FeedStamp& feed) { return feed.format == format && !feed.is_stale(report.now); });
}

/// Why the database cannot tell which findings the rule means; empty: it can.
std::string untold(const GateRule& rule, const Report& report) {
  if (rule.exploited && !has_fresh(report, "kev")) return fmt::format("rule `{}` cannot be answered: the database has no fresh feed of what is exploited (`ashlar feed update kev`)", rule.text);
  if (rule.likelihood > 0 && !has_fresh(report, "epss")) return fmt::format("rule `{}` cannot be answered: the database has no fresh feed of likelihoods (`ashlar feed update epss`)", rule.text);
  return {};
}

Done read_condition(std::string_view word, GateRule& rule) {
  if (word == "kev") return rule.exploited = true, Done();
  if (word == "fixable") return rule.fixable = true, Done();
  if (word == "unrated") return rule.unrated = true, Done();
  if (word.starts_with("epss=")) {
    const std::string_view number = word.substr(5);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), rule.likelihood);
    if (error == std::errc() && end == number.data() + number.size() && rule.likelihood > 0 && rule.likelihood <= 1) return {};
    return fail(Kind::Invalid, fmt::format("'{}' is no likelihood: write `epss=0.1`, more than 0 and at most 1", word));
  }
  rule.at_least = advisory::severity_of(word);
  if (rule.at_least != advisory::Severity::Unknown) return {};
  return fail(Kind::Invalid, fmt::format("'{}' is no severity (negligible, low, medium, high, critical), `kev`, `fixable`, `unrated` or `epss=NUMBER`", word));
}

}  // namespace

Result<GateRule> parse_gate_rule(std::string_view text) {
  GateRule rule;
  rule.text = text;
  for (const std::string_view word : split(text, ',')) {
    if (const Done read = read_condition(word, rule); !read) return cannot("read rule", read.error());
  }
  if (rule.unrated && rule.at_least != advisory::Severity::Unknown) return cannot(Kind::Invalid, "read rule", fmt::format("'{}' asks for a severity and for none: give them as two rules", text));
  return rule;
}

bool meets(const GateRule& rule, const Finding& finding) { return meets_others(rule, finding) && (rule.at_least == advisory::Severity::Unknown || finding.severity >= rule.at_least); }

GateAnswer ask_gate(const std::vector<GateRule>& rules, const Report& report) {
  GateAnswer out;
  for (const GateRule& rule : rules) {
    out.rules.push_back(rule.text);
    if (std::string why = untold(rule, report); !why.empty()) out.untold.push_back(std::move(why));
  }
  for (const Finding& finding : report.findings) {
    if (!is_open(finding)) continue;
    bool stops = false, passes_unrated = false;
    for (const GateRule& rule : rules) {
      if (!meets_others(rule, finding)) continue;
      const bool heavy = rule.at_least == advisory::Severity::Unknown || finding.severity >= rule.at_least;
      stops = stops || heavy;
      passes_unrated = passes_unrated || (!heavy && finding.severity == advisory::Severity::Unknown);
    }
    if (stops) out.stopped_by.push_back(finding.id + " " + finding.component.name);
    else if (passes_unrated) ++out.unrated;
  }
  std::ranges::sort(out.stopped_by);
  out.stopped_by.erase(std::ranges::unique(out.stopped_by).begin(), out.stopped_by.end());
  return out;
}

}  // namespace ashlar::scan
