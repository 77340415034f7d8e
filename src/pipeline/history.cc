#include "pipeline/history.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::pipeline {
namespace {

using ledger::Event;
using Kind = ledger::Kind;

ImageHistory::Publication publication_of(const Event& event) {
  ImageHistory::Publication out{.digest = event.digest, .tag = event.fact("tag"), .lock = event.fact("lock"), .definition = event.fact("definition"), .at = event.at};
  const std::string seconds = event.fact("seconds");
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), out.seconds);
  return out;
}

void take_rating(KnownFinding& finding, const Event& event) {
  if (const std::string severity = event.fact("severity"); !severity.empty()) finding.severity = advisory::severity_of(severity);
  finding.exploited = event.facts.contains("kev");
  if (event.facts.contains("fixed-in")) finding.fixed_in = event.fact("fixed-in");
  if (event.facts.contains("version")) finding.version = event.fact("version");
}

/// What an event says of a finding that is known. Pauses, deployments and the like change none.
void of_finding(const Event& event, size_t promotions, KnownFinding& finding) {
  using State = KnownFinding::State;
  switch (event.kind) {
    case Kind::FirstSeen:
    case Kind::Reopened:
      finding.fix_available = false;  // of this time
      finding.state = State::Open;
      finding.first_seen = event.at;
      take_rating(finding, event);
      break;
    case Kind::Rescored: take_rating(finding, event); break;
    case Kind::Published: finding.published = true; break;
    case Kind::FixAvailable: finding.fix_available = true; break;
    case Kind::Assessed: finding.state = State::Assessed; break;
    case Kind::Excepted: finding.state = State::Excepted; break;
    case Kind::Closed:
      finding.state = State::Closed;
      finding.closed_after = event.fact("reason") == "withdrawn" ? 0 : promotions;
      break;
    default: return;
  }
  finding.moved_back = false;
}

/// What is closed since a later promotion than that of the image to which the tags went back may be in it.
void move_back(const std::string& digest, ImageHistory& out) {
  const auto there = out.promotions.find(digest);
  const size_t promotion = there == out.promotions.end() ? 0 : there->second;
  for (auto& [name, finding] : out.findings) finding.moved_back = finding.state == KnownFinding::State::Closed && promotion < finding.closed_after;
}

/// An image has a finding once it was seen in it, and by no other event: a pause or a statement may be about what nobody has seen. One that names no package is about
/// each of that vulnerability.
void of_findings(const Event& event, size_t promotions, std::map<FindingName, KnownFinding>& findings) {
  const FindingName name(event.vulnerability, event.package);
  const bool makes = event.kind == Kind::FirstSeen || (event.kind == Kind::Reopened && !event.package.empty());
  if (makes) return of_finding(event, promotions, findings[name]);
  for (auto at = findings.lower_bound(name); at != findings.end() && at->first.first == name.first && (name.second.empty() || at->first.second == name.second); ++at) of_finding(event, promotions, at->second);
}

void of_image(const Event& event, ImageHistory& out) {
  if (event.kind == Kind::Promoted || event.kind == Kind::RolledBack) {
    const std::string tag = event.fact("tag");
    const bool of_canary = event.kind == Kind::RolledBack && out.canary && tag == out.canary->tag;
    if (event.kind == Kind::RolledBack && !of_canary && !tag.empty() && !out.stable.empty() && !out.stable.contains(tag)) return;  // a canary's that was promoted, or somebody's own
    const auto& from = of_canary ? out.canary : out.promoted;
    if (event.kind == Kind::RolledBack && from && from->digest != event.digest && !from->lock.empty()) out.left[{from->lock, from->definition}] = event.fact("reason");
    if (event.kind == Kind::Promoted) out.left.erase({event.fact("lock"), event.fact("definition")});
    if (of_canary) {
      out.canary.reset();
      return;
    }
    if (event.kind == Kind::RolledBack) {
      move_back(event.digest, out);
    } else {
      for (const std::string_view each : words(tag)) out.stable.emplace(each);
      out.promotions[event.digest] = ++out.promoted_times;
    }
    out.moving.clear();
    if (out.promoted) out.promoted_before.insert(out.promoted->digest);
    out.promoted = publication_of(event);
    out.promoted_before.erase(out.promoted->digest);
    out.canary.reset();
    if (event.kind == Kind::Promoted) out.stopped.reset();
  } else if (event.kind == Kind::Tested && event.fact("result") == "stopped") {
    out.stopped = {event.fact("inputs"), event.fact("reason"), event.fact("judged"), event.fact("candidate")};
    out.moving.clear();
    if (out.canary && out.canary->digest == event.digest) out.canary.reset();  // it does not pass any more
  } else if (event.kind == Kind::Noted && event.fact("what") == "canary") {
    out.canary = publication_of(event);
    out.stopped.reset();
  } else if (event.kind == Kind::Noted && event.fact("what") == "moving") {
    out.moving = event.digest;
  } else if (event.kind == Kind::Noted && event.fact("what") == "end-announced") {
    out.ends_announced.insert(event.fact("end"));
  }
  const bool said = event.kind == Kind::Noted && event.fact("what") == "promised";
  if (said || event.facts.contains("promise")) out.promises[event.digest] = event.fact("promise");
}

void of_ahead(const Event& event, ImageHistory& out) {
  if (event.kind == Kind::Promoted && event.facts.contains("ahead")) out.ahead.clear();
  if (event.kind != Kind::Noted || event.fact("what") != "ahead") return;
  out.ahead[event.fact("lock")] = {event.fact("result") == "passed", event.fact("definition"), event.fact("inputs"), event.fact("reason"), event.digest, event.fact("candidate"), event.fact("judged"), event.fact("breaking"), event.fact("packages")};
}

int rank(scan::Status status) {
  switch (status) {
    case scan::Status::Affected: return 4;
    case scan::Status::UnderInvestigation: return 3;
    case scan::Status::Excepted: return 2;
    case scan::Status::NotAffected: return 1;
    case scan::Status::Fixed: return 0;
  }
  return 0;
}

/// Events about one image at one moment.
class CatchUp {
 public:
  CatchUp(const std::string& image, const std::string& digest, Time now) : image_(image), digest_(digest), now_(now) {}

  void seen(const FindingName& name, const SeenFinding& finding, const KnownFinding* known, std::optional<Time> fixed_since) {
    using State = KnownFinding::State;
    const bool again = known != nullptr && known->state != State::Open && finding.open();
    if (known == nullptr) add(Kind::FirstSeen, name, rating(finding));
    if (finding.published && (known == nullptr || !known->published)) add(Kind::Published, name, {}, *finding.published);
    if (again) {
      auto facts = rating(finding);
      facts.emplace("reason", !finding.reason.empty() ? finding.reason : known->state == State::Closed ? "it is found again" : known->state == State::Assessed ? "the statement on it does not hold any more" : "the decision to live with it does not hold any more");
      add(Kind::Reopened, name, std::move(facts));
    } else if (known != nullptr && (known->severity != finding.severity || known->exploited != finding.exploited.has_value() || known->fixed_in != finding.fixed_in)) {
      add(Kind::Rescored, name, rating(finding));
    }
    if (fixed_since && (known == nullptr || !known->fix_available || again)) add(Kind::FixAvailable, name, {{"fixed-in", finding.fixed_in}}, *fixed_since);
    if (finding.status == scan::Status::NotAffected && (known == nullptr || known->state != State::Assessed)) add(Kind::Assessed, name, decided(finding, {{"status", "not_affected"}, {"reason", finding.reason}}));
    if (finding.status == scan::Status::Excepted && (known == nullptr || known->state != State::Excepted)) add(Kind::Excepted, name, decided(finding, {{"reason", finding.reason}}));
  }
  void gone(const FindingName& name, const KnownFinding& known) { add(Kind::Closed, name, {{"reason", known.moved_back ? std::string(not_in_what_is_back) : "the image does not have it any more"}}); }
  std::vector<Event> events;

 private:
  /// Who answers for it, and until when.
  static std::map<std::string, std::string> decided(const SeenFinding& finding, std::map<std::string, std::string> facts) {
    if (!finding.decided_by.empty()) facts.emplace("decided-by", finding.decided_by);
    if (finding.decided_until) facts.emplace("until", finding.decided_until->str());
    return facts;
  }
  static std::map<std::string, std::string> rating(const SeenFinding& finding) {
    std::map<std::string, std::string> out = {{"severity", std::string(advisory::to_string(finding.severity))}, {"fixed-in", finding.fixed_in}};
    if (finding.exploited) out.emplace("kev", finding.exploited->date());
    if (finding.exploited_due) out.emplace("kev-due", finding.exploited_due->date());
    if (!finding.version.empty()) out.emplace("version", finding.version);
    if (finding.likelihood > 0) out.emplace("epss", fmt::format("{:.5f}", finding.likelihood));
    return out;
  }
  void add(Kind kind, const FindingName& name, std::map<std::string, std::string> facts) { add(kind, name, std::move(facts), now_); }
  void add(Kind kind, const FindingName& name, std::map<std::string, std::string> facts, Time at) {
    events.push_back({.kind = kind, .at = at, .image = image_, .digest = digest_, .vulnerability = name.first, .package = name.second, .environment = {}, .by = "ashlar renew", .facts = std::move(facts)});
  }
  const std::string &image_, &digest_;
  Time now_;
};

}  // namespace

ImageHistory history_of(const std::vector<ledger::Entry>& entries) {
  ImageHistory out;
  for (const ledger::Entry& entry : entries) {
    const Event& event = entry.event;
    if (event.vulnerability.empty()) of_image(event, out), of_ahead(event, out);
    else of_findings(event, out.promoted_times, out.findings);
  }
  return out;
}

Result<ImageHistory> history_of(ledger::Ledger& ledger, const std::string& image) {
  TRY_ASSIGN(const auto entries, ledger.read({.image = image}));
  return history_of(entries);
}

std::string ahead_of(const ImageHistory& history, const std::string& lock, const std::string& packages) {
  if (!history.promoted || history.promoted->lock == lock) return {};
  const auto found = history.ahead.find(lock);
  if (found != history.ahead.end()) return found->second.passed ? "held" : "differs";
  // A proposal may come through another archive than the one that proposed it: its bytes are what was tested.
  const auto same = [&](const auto& each) { return !packages.empty() && each.second.packages == packages; };
  const bool tried = std::ranges::any_of(history.ahead, same);
  if (tried && std::ranges::none_of(history.ahead, [&](const auto& each) { return same(each) && !each.second.passed; })) return "held";
  return history.ahead.empty() ? "none" : "differs";
}

AheadCount count_ahead(const std::vector<ledger::Entry>& entries) {
  AheadCount out;
  for (const ledger::Entry& each : entries) {
    if (each.event.kind != Kind::Promoted) continue;
    const std::string& said = each.event.fact("ahead");
    if (said == "held") ++out.held;
    else if (said == "differs") ++out.differs;
    else if (said == "none") ++out.none;
  }
  return out;
}

std::map<FindingName, SeenFinding> seen_in(const std::vector<scan::Report>& platforms) {
  std::map<FindingName, SeenFinding> out;
  for (const scan::Report& report : platforms) {
    for (const scan::Finding& finding : report.findings) {
      if (finding.status == scan::Status::Fixed) continue;
      const std::string& package = finding.component.source.empty() ? finding.component.name : finding.component.source;
      const auto [place, fresh] = out.try_emplace({finding.id, package});
      SeenFinding& seen = place->second;
      if (fresh || rank(finding.status) > rank(seen.status)) seen.status = finding.status, seen.reason = finding.reason, seen.decided_by = finding.decided_by, seen.decided_until = finding.decided_until;
      seen.severity = std::max(seen.severity, finding.severity);
      if (finding.exploited) seen.exploited = finding.exploited->added, seen.exploited_due = finding.exploited->due;
      if (finding.likelihood) seen.likelihood = std::max(seen.likelihood, finding.likelihood->score);
      if (seen.fixed_in.empty()) seen.fixed_in = finding.fixed_in;
      if (seen.version.empty()) seen.version = finding.component.source_version.empty() ? finding.component.version : finding.component.source_version;
      if (finding.published && (!seen.published || *finding.published < *seen.published)) seen.published = finding.published;
    }
  }
  return out;
}

std::vector<ledger::Event> catch_up(const ImageHistory& history, const std::string& image, const std::string& digest, const std::map<FindingName, SeenFinding>& seen, const std::map<FindingName, Time>& fixable, Time now) {
  CatchUp out(image, digest, now);
  for (const auto& [name, finding] : seen) {
    const auto known = history.findings.find(name);
    const auto fix = fixable.find(name);
    out.seen(name, finding, known == history.findings.end() ? nullptr : &known->second, fix == fixable.end() ? std::nullopt : std::optional(fix->second));
  }
  for (const auto& [name, known] : history.findings) {
    if ((known.state != KnownFinding::State::Closed || known.moved_back) && !seen.contains(name)) out.gone(name, known);
  }
  return std::move(out.events);
}

}  // namespace ashlar::pipeline
