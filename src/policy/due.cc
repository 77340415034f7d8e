#include "policy/due.h"

#include <algorithm>
#include <array>
#include <functional>
#include <tuple>

#include <fmt/format.h>

namespace ashlar::policy {
namespace {

constexpr std::int64_t day = 86400;

/// What counts first: exploited, severity, likelihood, how many images have it, deadline.
using Weight = std::tuple<bool, int, double, size_t, std::int64_t>;

/// Of how many images a vulnerability is open.
using Spread = std::map<std::string, size_t>;

int weight_of(advisory::Severity severity) {
  using advisory::Severity;
  return severity == Severity::Unknown ? 2 * static_cast<int>(Severity::High) - 1 : 2 * static_cast<int>(severity);
}

Spread spread_of(const std::vector<ImageFacts>& images) {
  Spread out;
  for (const ImageFacts& facts : images) {
    std::map<std::string, bool> once;
    for (const OpenFinding& each : facts.findings) once.emplace(each.vulnerability, true);
    for (const auto& [vulnerability, yes] : once) ++out[vulnerability];
  }
  return out;
}

/// The same finding in another image.
void take_worse(const OpenFinding& other, OpenFinding& out) {
  out.severity = std::max(out.severity, other.severity);
  out.exploited = out.exploited || other.exploited;
  out.likelihood = std::max(out.likelihood, other.likelihood);
  out.opened = std::min(out.opened, other.opened);
  if (other.deadline && (!out.deadline || *other.deadline < *out.deadline)) out.deadline = other.deadline;
  if (out.fixed_in.empty()) out.fixed_in = other.fixed_in;
  out.fix_at_hand = out.fix_at_hand && other.fix_at_hand;
}

Weight weight_of(const OpenFinding& finding, const Spread& spread) {
  const auto found = spread.find(finding.vulnerability);
  return {finding.exploited, weight_of(finding.severity), finding.likelihood, found == spread.end() ? 0 : found->second, finding.deadline ? -finding.deadline->seconds : INT64_MIN};
}

void weightiest_first(std::vector<OpenFinding>& findings, const Spread& spread) {
  std::ranges::stable_sort(findings, [&](const OpenFinding& a, const OpenFinding& b) {
    const Weight of_a = weight_of(a, spread), of_b = weight_of(b, spread);
    return of_a != of_b ? of_a > of_b : std::tie(a.vulnerability, a.package) < std::tie(b.vulnerability, b.package);
  });
}

std::optional<Time> earliest(const std::vector<OpenFinding>& findings) {
  std::optional<Time> out;
  for (const OpenFinding& each : findings) {
    if (each.deadline && (!out || *each.deadline < *out)) out = each.deadline;
  }
  return out;
}

Time first_opened(const std::vector<OpenFinding>& findings, Time otherwise) {
  Time out = otherwise;
  for (const OpenFinding& each : findings) out = std::min(out, each.opened);
  return out;
}

std::string counted(size_t count, std::string_view one, std::string_view many) { return fmt::format("{} {}", count, count == 1 ? one : many); }

/// A length of time.
std::string length_in_words(std::int64_t seconds) { return seconds % day == 0 ? counted(static_cast<size_t>(seconds / day), "day", "days") : counted(static_cast<size_t>(seconds / 3600), "hour", "hours"); }

/// What was stopped before, or is not to be moved over what somebody did, is not done.
void hold(const ImageFacts& facts, Due& out) {
  if (!facts.stopped.empty()) out.because.insert(out.because.begin(), fmt::format("stopped before, and nothing has changed since: {}", facts.stopped));
  if (!facts.by_hand.empty()) out.because.insert(out.because.begin(), facts.by_hand);
  out.held = !facts.stopped.empty() || !facts.by_hand.empty();
}

/// Why an image must be made again; nothing: it need not.
std::optional<Due> rebuild(const ImageFacts& facts, const std::vector<OpenFinding>& fixable, Time now) {
  Due out{.image = facts.image, .action = DueAction::Rebuild, .findings = fixable, .opened = now, .seconds = facts.seconds};
  std::vector<std::string> reasons;
  if (facts.published.empty()) reasons.emplace_back("it was never published");
  if (!fixable.empty()) {
    reasons.push_back(fmt::format("{} can be fixed", counted(fixable.size(), "open finding", "open findings")));
    out.opened = first_opened(fixable, now);
    out.deadline = earliest(fixable);
    for (const OpenFinding& each : fixable) out.because.push_back(in_words(each));
  }
  if (facts.definition_changed) reasons.emplace_back("its definition has changed");
  else if (facts.lock_changed) reasons.emplace_back("its lock is not that of the published image");
  if (facts.newer_security && fixable.empty()) reasons.emplace_back("a security archive has newer packages");
  if (facts.cadence && facts.promoted) {
    const Time latest{facts.promoted->seconds + *facts.cadence};
    if (latest <= now) {
      reasons.push_back(fmt::format("it is made again at the latest every {}, and was last on {}", length_in_words(*facts.cadence), facts.promoted->date()));
      out.opened = std::min(out.opened, latest);
      out.deadline = out.deadline ? std::min(*out.deadline, latest) : latest;
    }
  } else if (!facts.cadence && !facts.newer.empty() && reasons.empty()) {
    reasons.emplace_back("the archives have newer packages");
  }
  if (!facts.by_hand.empty() && reasons.empty()) reasons.emplace_back("its tag was moved by hand");
  if (!facts.published.empty() && !facts.recorded && reasons.empty()) reasons.emplace_back("the ledger does not know how what is published came to be");
  if (reasons.empty()) return std::nullopt;
  out.reason = reasons.front();
  out.because.insert(out.because.begin(), reasons.begin() + 1, reasons.end());
  for (const std::string& each : facts.newer) out.because.push_back(each);
  hold(facts, out);
  return out;
}

/// What waits under a canary tag.
Due promotion(const ImageFacts& facts) {
  const Time ready{facts.canary->since.seconds + facts.canary->soak};
  Due out{.image = facts.image, .action = DueAction::Promote, .reason = fmt::format("{} passed its gate on {} and has soaked", facts.canary->digest.substr(0, 19), facts.canary->since.str()), .opened = ready, .deadline = ready};
  hold(facts, out);
  return out;
}

/// What is built on an image that moves now, or that moved without it.
void applications(const ImageFacts& facts, bool moves, Time now, std::vector<Due>& out) {
  for (const ImageFacts::Application& each : facts.built_on_it) {
    if (!moves && !each.behind) continue;
    Due rebase{.image = each.image, .action = DueAction::Rebase, .reason = fmt::format("it is built on {}{}", facts.image, moves ? "" : ", and not on what is published now"), .because = each.because, .opened = now};
    if (moves) rebase.after = {facts.image};
    else if (!each.stopped.empty()) rebase.because.insert(rebase.because.begin(), fmt::format("stopped before, and nothing has changed since: {}", each.stopped));
    rebase.held = !moves && !each.stopped.empty();
    out.push_back(std::move(rebase));
  }
}

void of_image(const ImageFacts& facts, const Spread& spread, Time now, std::vector<Due>& out) {
  if (facts.only_base) return applications(facts, false, now, out);
  std::vector<OpenFinding> fixable, waiting;
  for (const OpenFinding& each : facts.findings) {
    if (each.fix_at_hand) fixable.push_back(each);
    else if (needs_person(each)) waiting.push_back(each);
  }
  weightiest_first(fixable, spread);
  weightiest_first(waiting, spread);
  if (!facts.unknown.empty()) out.push_back({.image = facts.image, .action = DueAction::Look, .reason = "what it holds could not be judged", .because = facts.unknown, .opened = now});
  const bool soaking = facts.canary && now.seconds < facts.canary->since.seconds + facts.canary->soak;
  if (facts.canary && !soaking) {
    out.push_back(promotion(facts));
  } else if (auto again = rebuild(facts, fixable, now); again && (!soaking || facts.newer_security)) {
    out.push_back(std::move(*again));
  }
  if (!waiting.empty()) {
    Due look{.image = facts.image, .action = DueAction::Assess, .reason = fmt::format("{} without a fix that could be taken {} an assessment", counted(waiting.size(), "open finding", "open findings"), waiting.size() == 1 ? "needs" : "need"), .findings = waiting};
    for (const OpenFinding& each : waiting) look.because.push_back(in_words(each));
    look.opened = first_opened(waiting, now);
    look.deadline = earliest(waiting);
    out.push_back(std::move(look));
  }
  if (facts.end && !facts.end_announced) {
    out.push_back({.image = facts.image, .action = DueAction::Announce, .reason = fmt::format("{} {} on {}", facts.ends.empty() ? std::string("its support") : "support of " + facts.ends, *facts.end <= now ? "ended" : "ends", facts.end->date()), .opened = now, .deadline = facts.end});
  }
  if (!facts.promise.empty()) out.push_back({.image = facts.image, .action = DueAction::Promise, .reason = "what is promised for it is another than what is said of what is published", .because = {facts.promise}, .opened = now});
  const bool moves = std::ranges::any_of(out, [&](const Due& due) { return due.image == facts.image && !due.held && (due.action == DueAction::Promote || (due.action == DueAction::Rebuild && !facts.canary)); });
  applications(facts, moves, now, out);
}

}  // namespace

std::string_view to_string(DueAction action) {
  constexpr std::array<std::string_view, 7> words = {"rebuild", "promote", "assess", "announce", "rebase", "look", "promise"};
  return words.at(static_cast<size_t>(action));
}

bool needs_person(const OpenFinding& finding) { return finding.exploited || finding.severity != advisory::Severity::Negligible; }

std::string in_words(const OpenFinding& finding) {
  std::string out = fmt::format("{} in {}, {}", finding.vulnerability, finding.package, advisory::to_string(finding.severity));
  if (finding.exploited) out += ", exploited";
  if (finding.likelihood > 0) out += fmt::format(", EPSS {:.3f}", finding.likelihood);
  if (finding.fixed_in.empty()) out += ", no fix yet";
  else out += fmt::format(", fixed in {}{}", finding.fixed_in, finding.fix_at_hand ? "" : ", which the archives do not have");
  if (finding.deadline) out += fmt::format(", due {}", finding.deadline->str());
  return out;
}

std::vector<OpenInImages> by_urgency(const std::vector<ImageFacts>& images) {
  std::map<std::pair<std::string, std::string>, OpenInImages> all;
  for (size_t at = 0; at < images.size(); ++at) {
    for (const OpenFinding& each : images[at].findings) {
      const auto [place, fresh] = all.try_emplace({each.vulnerability, each.package}, OpenInImages{each, {}});
      if (!fresh) take_worse(each, place->second.finding);
      if (place->second.images.empty() || place->second.images.back() != at) place->second.images.push_back(at);
    }
  }
  const Spread spread = spread_of(images);
  std::vector<OpenInImages> out;
  for (auto& [name, each] : all) out.push_back(std::move(each));
  std::ranges::stable_sort(out, [&](const OpenInImages& a, const OpenInImages& b) { return weight_of(a.finding, spread) > weight_of(b.finding, spread); });  // of the same weight by name
  return out;
}

std::vector<Due> due(const std::vector<ImageFacts>& images, Time now) {
  const Spread spread = spread_of(images);
  std::vector<Due> out;
  for (const ImageFacts& facts : images) of_image(facts, spread, now, out);
  // A rebase follows its base; what has no findings comes after what has, by deadline.
  std::ranges::stable_sort(out, [&](const Due& a, const Due& b) {
    constexpr std::array<int, 7> order = {0, 0, 1, 3, 2, 1, 3};  // rebuilds and promotions, what people must look at, rebases, announcements and promises
    const int kind_a = order.at(static_cast<size_t>(a.action)), kind_b = order.at(static_cast<size_t>(b.action));
    if (kind_a != kind_b) return kind_a < kind_b;
    const Weight least{false, -1, -1, 0, INT64_MIN};
    const Weight of_a = a.findings.empty() ? least : weight_of(a.findings.front(), spread), of_b = b.findings.empty() ? least : weight_of(b.findings.front(), spread);
    if (of_a != of_b) return of_a > of_b;
    const std::int64_t until_a = a.deadline ? a.deadline->seconds : INT64_MAX, until_b = b.deadline ? b.deadline->seconds : INT64_MAX;
    return std::tie(until_a, a.image) < std::tie(until_b, b.image);
  });
  return out;
}

CriticalPath critical_path(const std::vector<Due>& due) {
  std::map<std::string, CriticalPath> longest;  // of chains that end with an image
  const std::function<const CriticalPath&(const std::string&, size_t)> of = [&](const std::string& image, size_t depth) -> const CriticalPath& {
    if (const auto known = longest.find(image); known != longest.end()) return known->second;
    CriticalPath best;
    double own = 0;
    for (const Due& each : due) {
      if (each.image != image) continue;
      own = std::max(own, each.seconds);
      for (const std::string& before : each.after) {
        if (depth > due.size()) continue;  // a circle
        const CriticalPath& chain = of(before, depth + 1);
        if (best.images.empty() || chain.seconds > best.seconds) best = chain;
      }
    }
    best.images.push_back(image);
    best.seconds += own;
    return longest.insert_or_assign(image, std::move(best)).first->second;
  };
  CriticalPath out;
  for (const Due& each : due) {
    if (each.held || (each.action != DueAction::Rebuild && each.action != DueAction::Promote && each.action != DueAction::Rebase)) continue;
    const CriticalPath& chain = of(each.image, 0);
    if (out.images.empty() || chain.seconds > out.seconds || (chain.seconds == out.seconds && chain.images.size() > out.images.size())) out = chain;
  }
  return out;
}

}  // namespace ashlar::policy
