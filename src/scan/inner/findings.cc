#include "scan/inner/findings.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <tuple>
#include <set>

#include <fmt/format.h>

namespace ashlar::scan {
namespace {

bool is_cve(std::string_view id) { return id.starts_with("CVE-"); }

/// The name under which an advisory is reported: its CVE where it has exactly one, else its own.
std::string name_of(const advisory::Advisory& advisory) {
  if (is_cve(advisory.id)) return advisory.id;
  const auto cves = std::ranges::count_if(advisory.aliases, is_cve);
  return cves == 1 ? *std::ranges::find_if(advisory.aliases, is_cve) : advisory.id;
}

Step advisory_step(const Judgement& judgement) {
  const advisory::Advisory& advisory = judgement.advisory;
  return {"advisory", fmt::format("feed '{}' names '{}' in '{}' in {}{}", judgement.feed, judgement.affected.package, judgement.space, advisory.id, advisory.summary.empty() ? "" : ": " + advisory.summary)};
}

/// How heavy the publisher's own word for the package is; the distribution's judgement on its package goes before a score on the flaw as such.
void rate(Finding& finding, const Judgement& judgement) {
  if (const auto own = advisory::severity_of(judgement.affected.urgency); own != advisory::Severity::Unknown) finding.ratings.push_back({own, judgement.feed, {}});
  for (advisory::Rating rating : judgement.advisory.ratings) {
    if (rating.by.empty()) rating.by = judgement.feed;
    finding.ratings.push_back(std::move(rating));
  }
}

void finish(Finding& finding) {
  const auto tidy = [](std::vector<std::string>& texts) {
    std::ranges::sort(texts);
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  };
  tidy(finding.aliases);
  std::erase(finding.aliases, finding.id);
  tidy(finding.agree);
  tidy(finding.differ);
  for (const advisory::Rating& rating : finding.ratings) {
    if (finding.severity != advisory::Severity::Unknown || rating.severity == advisory::Severity::Unknown) continue;
    finding.severity = rating.severity;
    finding.severity_by = rating.by;
  }
  if (finding.no_fix.empty() && finding.fixed_in.empty() && finding.status == Status::Affected) finding.no_fix = "no fixed version is named";
}

/// Adds what one feed says to a finding.
void add(Finding& finding, Judgement&& judgement) {
  const advisory::Advisory& advisory = judgement.advisory;
  finding.aliases.push_back(advisory.id);
  finding.aliases.insert(finding.aliases.end(), advisory.aliases.begin(), advisory.aliases.end());
  if (finding.summary.empty()) finding.summary = advisory.summary;
  if (!finding.published || (advisory.published && *advisory.published < *finding.published)) finding.published = advisory.published;
  const bool affected = judgement.outcome == Outcome::Affected;
  (affected ? finding.agree : finding.differ).push_back(judgement.feed);
  if (affected) finding.status = Status::Affected;
  if (affected && finding.fixed_in.empty()) finding.fixed_in = judgement.fixed_in;
  if (affected && judgement.fixed_in.empty() && finding.no_fix.empty()) finding.no_fix = judgement.affected.remark;
  if (finding.status == Status::UnderInvestigation && finding.reason.empty()) finding.reason = judgement.steps.empty() ? fmt::format("'{}' has not determined it", judgement.feed) : judgement.steps.back().text;
  rate(finding, judgement);
  finding.proof.push_back(advisory_step(judgement));
  finding.proof.insert(finding.proof.end(), judgement.steps.begin(), judgement.steps.end());
}

}  // namespace

std::vector<Step> steps_to(const inventory::Component& component, const Place& place) {
  std::vector<Step> out;
  out.push_back({"file", fmt::format("'{}' in layer {} was read as {}", component.path, component.layer, component.found_by)});
  out.push_back({"record", fmt::format("it names {} '{}' {}{}", component.type, component.name, component.version, component.architecture.empty() ? "" : " " + component.architecture)});
  if (component.type == "maven" && place.package != component.name) out.push_back({"source", fmt::format("nothing tells its group: taken for '{}', the one artifact of that name that feeds know", place.package)});
  else if (place.package != component.name || place.version != component.version) out.push_back({"source", fmt::format("built from source '{}' {}", place.package, place.version)});
  out.push_back({"space", place.space.empty() ? fmt::format("not judged: {}", place.reason) : fmt::format("judged in '{}'", place.space)});
  return out;
}

std::vector<Finding> findings_of(const inventory::Component& component, const Place& place, const Standing& standing, std::vector<Judgement> judgements, std::vector<Unjudged>& unjudged) {
  std::map<std::string, Finding> by_name;
  std::string undecided;
  size_t more = 0;
  for (Judgement& judgement : judgements) {
    if (judgement.outcome == Outcome::CannotSay) {
      if (undecided.empty()) undecided = fmt::format("{}: {}", name_of(judgement.advisory), judgement.steps.empty() ? "it does not compare" : judgement.steps.back().text);
      else ++more;
      continue;
    }
    if (judgement.outcome == Outcome::NotAffected || judgement.outcome == Outcome::Withdrawn) continue;
    const std::string name = name_of(judgement.advisory);
    auto [at, fresh] = by_name.try_emplace(name);
    if (fresh) at->second = {.id = name, .component = component, .purl = standing.purl, .space = place.space, .owner = standing.owner, .status = Status::UnderInvestigation, .proof = steps_to(component, place)};
    add(at->second, std::move(judgement));
  }
  if (more > 0) undecided += fmt::format(" (and so with {} more)", more);
  if (!undecided.empty()) unjudged.push_back({component.name, component.version, component.path, std::move(undecided)});
  std::vector<Finding> out;
  for (auto& [name, finding] : by_name) {
    finish(finding);
    out.push_back(std::move(finding));
  }
  return out;
}

advisory::Severity weight_of(const Finding& finding) {
  return finding.severity == advisory::Severity::Unknown && !finding.fixed_in.empty() ? advisory::Severity::Medium : finding.severity;
}

void sort_by_weight(std::vector<Finding>& findings) {
  const auto key = [](const Finding& finding) {
    const bool rated = finding.severity != advisory::Severity::Unknown;
    return std::tuple(finding.status, !finding.exploited.has_value(), -static_cast<int>(weight_of(finding)), !rated, finding.fixed_in.empty(), finding.likelihood ? -finding.likelihood->score : 0.0, std::string_view(finding.id),
                      std::string_view(finding.component.name), std::string_view(finding.component.path), std::string_view(finding.component.version));
  };
  // A finding is large, and there may be tens of thousands: each is moved once.
  std::vector<std::pair<decltype(key(findings[0])), size_t>> order;
  order.reserve(findings.size());
  for (size_t at = 0; at < findings.size(); ++at) order.emplace_back(key(findings[at]), at);
  std::ranges::stable_sort(order, {}, [](const auto& each) -> const auto& { return each.first; });
  std::vector<Finding> sorted;
  sorted.reserve(findings.size());
  for (const auto& [weight, at] : order) sorted.push_back(std::move(findings[at]));
  findings = std::move(sorted);
}

}  // namespace ashlar::scan
