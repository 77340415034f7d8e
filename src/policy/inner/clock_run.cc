#include "policy/inner/clock_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/pause.h"

namespace ashlar::policy {
namespace {

using ledger::Event;

constexpr std::int64_t unlimited = std::int64_t{1} << 60;
constexpr Time long_ago{-(std::int64_t{1} << 60)};

std::optional<Severity> severity_of(const Event& event) {
  const std::string word = event.fact("severity");
  for (const Severity each : severities) {
    if (advisory::to_string(each) == word) return each;
  }
  return std::nullopt;
}

}  // namespace

ClockRun::ClockRun(const SlaRules& rules, const SlaLimits& limits, Clock clock, std::span<const ledger::Entry* const> events)
    : rules_(rules), limits_(limits), clock_(std::move(clock)), events_(events), last_(long_ago), limit_(unlimited) {
  settle_start();
}

/// When it starts, and what it is rated at the start: by whoever saw it in the image, else by the advisory.
void ClockRun::settle_start() {
  const ledger::Entry *published = nullptr, *fixable = nullptr, *seen = nullptr, *rated = nullptr;
  const auto first = [](const ledger::Entry*& place, const ledger::Entry* entry) { place = place == nullptr ? entry : place; };
  for (const ledger::Entry* each : events_) {
    const ledger::Kind kind = each->event.kind;
    if (kind == ledger::Kind::Published && names(each->event)) first(published, each);
    if (kind == ledger::Kind::FixAvailable && names(each->event)) first(fixable, each);
    if ((kind == ledger::Kind::FirstSeen || kind == ledger::Kind::Reopened) && names(each->event)) first(seen, each);
    if (kind == ledger::Kind::FirstSeen && severity_of(each->event)) first(rated, each);
  }
  for (const ledger::Entry* each : events_) {
    if (each->event.kind == ledger::Kind::Published && severity_of(each->event)) first(rated, each);
  }
  const ledger::Entry* const start = rules_.starts == SlaRules::Start::FirstSeen ? seen : rules_.starts == SlaRules::Start::FixAvailable ? fixable : published != nullptr ? published : seen;
  if (fixable != nullptr) clock_.fixed_in = fixable->event.fact("fixed-in");
  if (rated != nullptr) read_rating(rated->event);
  if (start == nullptr) return;
  clock_.start = start->event.at;
  use(*start);
}

bool ClockRun::names(const Event& event) const {
  if (!event.vulnerability.empty()) return true;  // the index gave it: it is this one
  const std::string list = event.fact("fixes");
  const auto each = words(list);
  return std::ranges::find(each, clock_.vulnerability) != each.end();
}

void ClockRun::read_rating(const Event& event) {
  if (const auto severity = severity_of(event)) clock_.severity = *severity;
  if (const std::string kev = event.fact("kev"); !kev.empty()) clock_.exploited = kev != "false" && kev != "no";
  if (const auto due = Time::parse(event.fact("kev-due")); due && limits_.kev_due) due_ = Time{due->seconds + Calendar::day - rules_.calendar.offset};
}

std::int64_t ClockRun::limit_from(Time at) const {
  const auto limit = limits_.of(clock_.severity, clock_.exploited);
  return limit ? rules_.calendar.running(*limit, at) : unlimited;
}

void ClockRun::run(Time to) {
  if (clock_.start && !begun_ && *clock_.start <= to) {
    begun_ = true;
    limit_ = limit_from(*clock_.start);
  }
  const Time from = begun_ ? std::max(last_, *clock_.start) : last_;
  if (begun_ && !ended_ && !paused_) {
    const std::int64_t gained = rules_.calendar.between(from, to);
    if (!clock_.breached && clock_.ran + gained > limit_) clock_.breached = rules_.calendar.after(from, std::max<std::int64_t>(limit_ - clock_.ran, 0));
    clock_.ran += gained;
  }
  if (begun_ && !ended_ && due_ && clock_.exploited && to > *due_ && (!clock_.breached || *clock_.breached > *due_)) clock_.breached = std::max(from, *due_);
  last_ = to;
}

void ClockRun::advance(Time to) {
  for (;;) {
    const bool pause = pause_end_ && *pause_end_ <= to && (!exception_end_ || *pause_end_ <= *exception_end_);
    const bool exception = !pause && exception_end_ && *exception_end_ <= to;
    if (!pause && !exception) return run(to);
    const Time at = pause ? *pause_end_ : *exception_end_;
    run(at);
    if (pause) resume(at);
    else forget_decider(), reopen(at);
  }
}

void ClockRun::mark(Time at) {
  if (open_ && at > open_->first) clock_.open.push_back({open_->first, at, open_->second});
  open_.reset();
  if (seen_ && !ended_) open_ = {at, clock_.severity};
}

void ClockRun::resume(Time at) {
  paused_in_all_ += at.seconds - paused_at_.seconds;
  paused_ = false;
  pause_end_.reset();
}

/// A fix ends also what stands still for another reason, for good.
void ClockRun::end(const Entry& entry, bool fixed) {
  if (ended_ && (!fixed || clock_.fixed)) return;
  ended_ = true;
  exception_end_.reset();
  clock_.ended = entry.event.at;
  clock_.fixed = fixed;
  use(entry);
  mark(entry.event.at);
}

void ClockRun::reopen(Time at) {
  if (!ended_) return;
  ended_ = false;
  clock_.ended.reset();
  clock_.fixed = false;
  exception_end_.reset();
  ++clock_.reopened;
  if (rules_.reopened_restarts && clock_.start) {
    clock_.start = at;
    clock_.breached.reset();
    clock_.ran = 0;
    limit_ = limit_from(at);
    begun_ = true;
  } else if (begun_ && limit_from(*clock_.start) < limit_) {  // the severity rose meanwhile
    limit_ = std::min(limit_, clock_.ran + limit_from(at));
  }
  mark(at);
}

void ClockRun::see(const Entry& entry) {
  const bool again = seen_ && ended_;
  if (!seen_ || again) use(entry);
  const bool first = !seen_;
  seen_ = true;
  if (again) {
    gone_ = false;
    without_.clear();
    reopen(entry.event.at);
  }
  if (first) mark(entry.event.at);
}

void ClockRun::rescore(const Entry& entry) {
  const Severity before = clock_.severity;
  const bool exploited = clock_.exploited;
  const auto due = due_;
  read_rating(entry.event);
  if (before == clock_.severity && exploited == clock_.exploited && due == due_) return;
  use(entry);
  if (begun_) {
    const std::int64_t from_start = limit_from(*clock_.start);
    if (rules_.rescored_from_start || from_start >= limit_) limit_ = from_start;
    else if (!ended_) limit_ = std::min(limit_, clock_.ran + limit_from(entry.event.at));  // of one that stands still: when it goes on
    if (rules_.rescored_from_start && !ended_ && !clock_.breached && clock_.ran > limit_) clock_.breached = entry.event.at;
  }
  mark(entry.event.at);
}

void ClockRun::take_pause(const Entry& entry) {
  const Event& event = entry.event;
  const auto& pauses = rules_.pauses;
  if (std::string why = pause_refused(rules_, event); !why.empty()) return disregard(entry, std::move(why));
  if (pauses.in_all && paused_in_all_ >= *pauses.in_all) return disregard(entry, "the time for which this clock may be paused is used up");
  if (paused_) resume(event.at);
  use(entry);
  paused_ = true;
  paused_at_ = event.at;
  const auto until = Time::parse(event.fact("until"));
  const auto no_later = [&](Time at) { pause_end_ = pause_end_ ? std::min(*pause_end_, at) : at; };
  if (until) no_later(std::max(*until, event.at));
  if (pauses.at_most) no_later({event.at.seconds + *pauses.at_most});
  if (pauses.in_all) no_later({event.at.seconds + *pauses.in_all - paused_in_all_});
}

/// Who answers for it: a person who wrote it down, or whom the loop found to have decided.
void ClockRun::take_decider(const Event& event) {
  const std::string named = event.fact("decided-by");
  clock_.decided_by = !named.empty() ? named : event.by.starts_with("ashlar ") ? std::string() : event.by;
  const auto until = Time::parse(event.fact("until"));
  clock_.decided_until = until ? std::optional(*until) : std::nullopt;
}

void ClockRun::forget_decider() {
  clock_.decided_by.clear();
  clock_.decided_until.reset();
}

void ClockRun::take_assessment(const Entry& entry) {
  const std::string status = entry.event.fact("status");
  if (status == "not_affected") take_decider(entry.event);
  else forget_decider();
  if (status == "fixed") return end(entry, true);
  if (status == "not_affected") {
    if (rules_.not_affected_stops) end(entry, false);
    else disregard(entry, "by this policy nothing but a fix stops a clock");
  } else if (ended_) {
    use(entry);
    reopen(entry.event.at);
  }
}

void ClockRun::take_exception(const Entry& entry) {
  take_decider(entry.event);
  if (!rules_.exception_stops) return disregard(entry, "by this policy an exception stops no clock");
  if (ended_) return;
  const auto until = Time::parse(entry.event.fact("until"));
  end(entry, false);
  if (until) exception_end_ = std::max(*until, entry.event.at);
}

void ClockRun::take_promotion(const Entry& entry) {
  const Event& event = entry.event;
  if (event.image != clock_.image) return;
  if (names(event)) {
    gone_ = true;
    if (clock_.environment.empty()) end(entry, true);
    else if (!ended_) use(entry);
  }
  if (gone_ && !event.digest.empty()) without_.insert(event.digest);
}

void ClockRun::take_deployment(const Entry& entry) {
  const Event& event = entry.event;
  if (event.image != clock_.image || event.environment != clock_.environment || clock_.environment.empty()) return;
  const bool without = names(event) || (!event.digest.empty() && without_.contains(event.digest));
  if (without) return end(entry, true);
  if (!ended_ || !clock_.fixed || event.digest.empty()) return;
  use(entry);
  reopen(event.at);
}

void ClockRun::take(const Entry& entry) {
  const Event& event = entry.event;
  switch (event.kind) {
    case ledger::Kind::FirstSeen: return see(entry);
    case ledger::Kind::Reopened:
      if (names(event)) forget_decider();
      if (ended_) {
        use(entry);
        gone_ = false;
        without_.clear();
        reopen(event.at);
      }
      return see(entry);
    case ledger::Kind::Rescored: return names(event) ? rescore(entry) : void();
    case ledger::Kind::Assessed: return names(event) ? take_assessment(entry) : void();
    case ledger::Kind::Excepted: return names(event) ? take_exception(entry) : void();
    case ledger::Kind::Closed:
      if (!names(event)) return;
      forget_decider();
      return end(entry, true);
    case ledger::Kind::Promoted: return take_promotion(entry);
    case ledger::Kind::Deployed: return take_deployment(entry);
    case ledger::Kind::RolledBack:
      if (!clock_.environment.empty() || event.image != clock_.image || !ended_ || !clock_.fixed) return;
      if (!names(event) && (event.digest.empty() || without_.contains(event.digest))) return;
      gone_ = false;
      use(entry);
      return reopen(event.at);
    case ledger::Kind::Paused: return take_pause(entry);
    case ledger::Kind::Resumed:
      if (!paused_) return;
      use(entry);
      return resume(event.at);
    case ledger::Kind::Published:
    case ledger::Kind::FixAvailable:
    case ledger::Kind::Rebuilt:
    case ledger::Kind::Tested:
    case ledger::Kind::Noted: return;
  }
}

Clock ClockRun::until(Time now) {
  for (const Entry* each : events_) {
    advance(each->event.at);
    take(*each);
  }
  advance(now);
  mark(now);
  if (clock_.decided_until && *clock_.decided_until <= now) forget_decider();  // it holds no more, whether it stopped the clock or not
  if (limit_ < unlimited && begun_) clock_.limit = limit_;
  if (begun_ && (limit_ < unlimited || (due_ && clock_.exploited))) {
    clock_.deadline = limit_ < unlimited ? rules_.calendar.after(std::max(clock_.ended.value_or(now), *clock_.start), std::max<std::int64_t>(limit_ - clock_.ran, 0)) : *due_;
    if (due_ && clock_.exploited) clock_.deadline = std::min(*clock_.deadline, *due_);
    if (clock_.breached) clock_.deadline = clock_.breached;
  }
  for (const Entry* each : events_) {
    if (used_.contains(each->number)) clock_.events.push_back(each->number);
  }
  using State = Clock::State;
  if (clock_.breached) clock_.state = State::Breached;
  else if (ended_) clock_.state = clock_.fixed ? State::Met : State::Stopped;
  else if (!begun_) clock_.state = State::Waiting;
  else clock_.state = paused_ ? State::Paused : State::Running;
  return std::move(clock_);
}

}  // namespace ashlar::policy
