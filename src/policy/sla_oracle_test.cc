// Clocks against a second reckoning that knows no shortcut: it goes from hour to hour through a history and asks at each what holds.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include <fmt/format.h>

#include "policy/sla.h"

namespace ashlar::policy {
namespace {

constexpr std::int64_t hour = 3600, begin = 1'834'272'000;  // Tuesday, 2028-02-15T00:00:00Z, two weeks before a leap day

/// What is laid down, in hours; months do not come in.
struct Terms {
  std::array<std::int64_t, 4> limits{};  ///< critical, high, medium, low
  std::int64_t kev = 0, pause = 0;
  bool working = false, exceptions = false, restarts = false, from_start = false;
};

SlaRules rules_of(const Terms& terms) {
  SlaRules out{.starts = SlaRules::Start::FirstSeen};
  for (size_t at = 0; at < terms.limits.size(); ++at) out.limits.by_severity[at] = Span{terms.limits[at] * hour, 0};
  out.limits.kev = Span{terms.kev * hour, 0};
  out.calendar.working_days = terms.working;
  out.exception_stops = terms.exceptions;
  out.reopened_restarts = terms.restarts;
  out.rescored_from_start = terms.from_start;
  out.pauses = {.by = {"p"}, .at_most = terms.pause * hour, .in_all = {}};
  return out;
}

constexpr std::array<const char*, 4> names = {"critical", "high", "medium", "low"};

/// The state from hour to hour. Written without a look at the other one: everything is a plain variable that a step changes.
class Oracle {
 public:
  Oracle(const Terms& terms, const std::vector<ledger::Entry>& events) : terms_(terms), events_(events) {}

  struct Answer {
    std::int64_t ran = 0, breached = -1;
    bool open = true, paused = false;
    size_t reopened = 0;
    friend bool operator==(const Answer&, const Answer&) = default;
  };

  Answer at(std::int64_t now) {
    for (std::int64_t moment = begin; ; moment += hour) {
      if (answer_.paused && moment >= paused_until_) answer_.paused = false;
      if (!answer_.open && excepted_until_ >= 0 && moment >= excepted_until_) open_again(moment);
      for (const ledger::Entry& each : events_) {
        if (each.event.at.seconds == moment) happen(each.event, moment);
      }
      if (moment >= now) return answer_;
      step(moment);
    }
  }

 private:
  std::int64_t limit() const { return std::min(terms_.limits[severity_], exploited_ ? terms_.kev : terms_.limits[severity_]); }

  void step(std::int64_t moment) {
    const std::int64_t weekday = (moment / 86400 + 4) % 7;
    const bool counts = !terms_.working || (weekday != 0 && weekday != 6);
    if (!seen_ || !answer_.open || answer_.paused || !counts) return;
    if (answer_.ran >= allowed_ && answer_.breached < 0) answer_.breached = moment;
    ++answer_.ran;
  }

  void open_again(std::int64_t moment) {
    answer_.open = true;
    excepted_until_ = -1;
    ++answer_.reopened;
    if (terms_.restarts) {
      answer_.ran = 0;
      answer_.breached = -1;
      allowed_ = limit();
    } else if (limit() < allowed_) {
      allowed_ = std::min(allowed_, answer_.ran + limit());
    }
    (void)moment;
  }

  void happen(const ledger::Event& event, std::int64_t moment) {
    const auto fact = [&](const std::string& name) { return event.facts.contains(name) ? event.facts.at(name) : std::string(); };
    switch (event.kind) {
      case ledger::Kind::FirstSeen:
        if (!seen_) {
          seen_ = true;
          severity_ = static_cast<size_t>(std::ranges::find(names, fact("severity")) - names.begin());
          allowed_ = limit();
        }
        break;
      case ledger::Kind::Rescored: rescore(fact("severity"), !fact("kev").empty(), moment); break;
      case ledger::Kind::Paused:
        if (event.by != "p") break;
        answer_.paused = true;
        paused_until_ = moment + terms_.pause * hour;
        break;
      case ledger::Kind::Resumed: answer_.paused = false; break;
      case ledger::Kind::Closed: answer_.open = false, excepted_until_ = -1; break;
      case ledger::Kind::Reopened:
        if (!answer_.open) open_again(moment);
        break;
      case ledger::Kind::Excepted:
        if (terms_.exceptions && answer_.open) answer_.open = false, excepted_until_ = Time::parse(fact("until")).value().seconds;
        break;
      default: break;
    }
  }

  void rescore(const std::string& word, bool exploited, std::int64_t moment) {
    severity_ = static_cast<size_t>(std::ranges::find(names, word) - names.begin());
    exploited_ = exploited_ || exploited;
    if (terms_.from_start) {
      allowed_ = limit();
      if (answer_.open && answer_.ran > allowed_ && answer_.breached < 0) answer_.breached = moment;
    } else if (limit() >= allowed_) {
      allowed_ = limit();
    } else if (answer_.open) {
      allowed_ = std::min(allowed_, answer_.ran + limit());
    }
  }

  const Terms& terms_;
  const std::vector<ledger::Entry>& events_;
  Answer answer_;
  bool seen_ = false, exploited_ = false;
  size_t severity_ = 0;
  std::int64_t allowed_ = 0, paused_until_ = 0, excepted_until_ = -1;
};

std::vector<ledger::Entry> some_history(std::mt19937& random) {
  constexpr std::array kinds = {ledger::Kind::Rescored, ledger::Kind::Paused, ledger::Kind::Resumed, ledger::Kind::Closed, ledger::Kind::Reopened, ledger::Kind::Excepted, ledger::Kind::Noted};
  std::vector<ledger::Entry> out;
  std::set<std::int64_t> moments;
  const auto add = [&](ledger::Kind kind, std::int64_t at) {
    if (!moments.insert(at).second) return;  // one thing a moment, so that their order is plain
    ledger::Event event{.kind = kind, .at = {at}, .image = "a", .vulnerability = "CVE-1", .by = random() % 4 == 0 ? "q" : "p", .facts = {{"severity", names[random() % 4]}, {"reason", "x"}}};
    if (random() % 5 == 0) event.facts["kev"] = "2028-01-01";
    if (kind == ledger::Kind::FirstSeen) event.facts.erase("kev");
    if (kind == ledger::Kind::Excepted) event.facts["until"] = Time{at + (1 + static_cast<std::int64_t>(random() % 200)) * hour}.str();
    out.push_back({.number = out.size() + 1, .event = event});
  };
  const std::int64_t first = begin + static_cast<std::int64_t>(random() % 48) * hour;
  add(ledger::Kind::FirstSeen, first);
  for (auto left = random() % 12; left > 0; --left) add(kinds[random() % kinds.size()], first + (1 + static_cast<std::int64_t>(random() % 700)) * hour);
  return out;
}

TEST(SlaOracle, HourByHourComesToTheSame) {
  std::mt19937 random(29);
  for (int round = 0; round < 3000; ++round) {
    Terms terms{.kev = 12 + static_cast<std::int64_t>(random() % 60), .pause = 1 + static_cast<std::int64_t>(random() % 150), .working = random() % 2 == 0, .exceptions = random() % 2 == 0, .restarts = random() % 3 == 0, .from_start = random() % 3 == 0};
    for (size_t at = 0; at < terms.limits.size(); ++at) terms.limits[at] = (at + 1) * 24 + static_cast<std::int64_t>(random() % 24);
    const auto events = some_history(random);
    const std::int64_t now = events.front().event.at.seconds + static_cast<std::int64_t>(random() % 800) * hour;
    const auto found = clocks(events, rules_of(terms), {now});
    ASSERT_EQ(found.size(), 1U);
    const Clock& clock = found[0];
    const Oracle::Answer ours{clock.ran / hour, clock.breached ? clock.breached->seconds : -1, clock.is_open(), clock.state == Clock::State::Paused, clock.reopened};
    auto theirs = Oracle(terms, events).at(now);
    if (clock.state != Clock::State::Paused) theirs.paused = false;  // what is over or late is called so, whether paused or not
    std::string told;
    for (const auto& each : events) told += fmt::format("{} {} {} {}\n", each.event.at.str(), to_string(each.event.kind), each.event.facts.at("severity"), each.event.by);
    ASSERT_EQ(ours.ran, theirs.ran) << "round " << round << " now " << Time{now}.str() << "\n" << told;
    // The moment is told exactly; the other one knows it to the hour in which the first second too many lies, and on a day that counts.
    ASSERT_EQ(ours.breached < 0, theirs.breached < 0) << "round " << round << " now " << Time{now}.str() << "\n" << told;
    ASSERT_EQ(rules_of(terms).calendar.between({ours.breached}, {theirs.breached}), 0) << "round " << round << "\n" << told;
    ASSERT_EQ(ours.open, theirs.open) << "round " << round << "\n" << told;
    ASSERT_EQ(ours.paused, theirs.paused) << "round " << round << "\n" << told;
    ASSERT_EQ(ours.reopened, theirs.reopened) << "round " << round << "\n" << told;
  }
}

}  // namespace
}  // namespace ashlar::policy
