#pragma once
// Clocks on findings, computed from what the ledger has and from what was agreed (docs/formats/policy-sla.md). Nothing of it is stored: another policy gives other
// clocks over the same events.
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/event.h"
#include "policy/calendar.h"
#include "scan/gate.h"

namespace ashlar::policy {

using advisory::Severity;
inline constexpr std::array severities = {Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Negligible, Severity::Unknown};

struct SlaLimits {
  std::array<std::optional<Span>, severities.size()> by_severity{};  ///< in the order of `severities`; none: no limit
  std::optional<Span> kev{};    ///< of what is known to be exploited; the shorter of it and the severity's counts
  bool kev_due = false;         ///< the catalogue's own date counts, too, whatever stands still
  /// The limit of a finding; none: it has none.
  std::optional<Span> of(Severity severity, bool exploited) const;
};

/// The section `sla` of a policy.
struct SlaRules {
  enum class Start : unsigned char { Published, FixAvailable, FirstSeen };
  std::string source{};                          ///< where the figures are from, for reports
  Start starts = Start::FixAvailable;
  SlaLimits limits{};
  std::map<std::string, SlaLimits> environments{};  ///< each with its own clock, which a deployment there stops
  Calendar calendar{};
  bool not_affected_stops = true, exception_stops = false;
  bool rescored_from_start = false;              ///< false: a shorter limit begins when the severity rose
  bool reopened_restarts = false;                ///< false: the clock goes on where it stopped
  struct Pauses {
    std::vector<std::string> by{};               ///< who may grant them; `*`: anybody; empty: nobody
    std::optional<std::int64_t> at_most{}, in_all{};  ///< seconds, of one and of all on a clock
  } pauses{};
  std::int64_t pace_days = 90;                   ///< the closures of so many days say how fast it goes
};
/// What holds where no policy says otherwise: policies/sla/default.yaml.
SlaRules default_sla();

/// An event that was not allowed to do what it says.
struct Disregarded {
  std::uint64_t number = 0;
  std::string why;
  friend auto operator<=>(const Disregarded&, const Disregarded&) = default;
};

struct Clock {
  enum class State : unsigned char {
    Waiting,   ///< what starts it has not happened: there is no fix yet
    Running,
    Paused,
    Met,       ///< fixed in time, or without a limit
    Breached,  ///< the deadline passed before; `ended` says whether it was fixed since
    Stopped,   ///< not affected, or excepted: nothing is to be fixed
  };
  struct Open {
    Time from, to;  ///< `to` is now where it still is
    Severity severity;
    friend bool operator==(const Open&, const Open&) = default;
  };
  std::string image{}, vulnerability{}, package{}, environment{};  ///< `environment` empty: until it is published
  std::string fixed_in{};
  Severity severity = Severity::Unknown;  ///< at the end, or now
  bool exploited = false;
  State state = State::Waiting;
  std::optional<Time> start{}, deadline{}, breached{}, ended{};  ///< `deadline` of a clock that stands still: if it went on now
  bool fixed = false;                  ///< it ended with a fix
  std::int64_t ran = 0;                ///< seconds that counted
  std::optional<std::int64_t> limit{};  ///< seconds that count; none: no limit
  size_t reopened = 0;
  std::string decided_by{};            ///< who answers for the statement or decision that holds; empty: none does, or nobody says
  std::optional<Time> decided_until{};  ///< of a decision: when it ends
  std::vector<Open> open{};            ///< when the image had it, as far as is known
  std::vector<std::uint64_t> events{};  ///< numbers of those that it is computed from, in their order in time
  std::vector<Disregarded> disregarded{};
  bool is_open() const { return !ended; }
};
std::string_view to_string(Clock::State state);

/// The clocks of every finding that was seen, in order of image, vulnerability, package and environment. Events count in the order of `at`, those of one moment in
/// the order of their numbers; what is later than `now` does not count.
std::vector<Clock> clocks(std::span<const ledger::Entry> events, const SlaRules& rules, Time now);

/// What one severity came to, of the clocks without an environment.
struct SlaFigures {
  Severity severity = Severity::Unknown;
  size_t open = 0, overdue = 0;            ///< `overdue` of the open ones: their deadline has passed
  size_t fixed_in_time = 0, fixed_late = 0, stopped = 0;
  std::optional<double> mean_days{}, p95_days{};  ///< from the clock's start to the fix, by the wall clock; p95 by nearest rank
  std::optional<double> within{};          ///< share of those with a limit that were fixed in time, of those and all breached
  double pace = 0;                         ///< fixes a day in the last pace_days
};

/// A clock that will pass its deadline if it goes on as it went.
struct Forecast {
  size_t clock = 0;               ///< in SlaReport::clocks
  std::optional<Time> expected{};  ///< when its turn comes; none: nothing of its severity was fixed in that time
};

/// By what the findings of one image are measured, and how that is called: a preset, or a policy's file.
struct Agreement {
  std::string name{};
  SlaRules rules{};
};
using Agreements = std::map<std::string, Agreement>;  ///< by image

struct SlaReport {
  Time now{};
  SlaRules rules{};
  Agreements agreements{};          ///< of images that have one of their own, in the place of `rules`
  const SlaRules& rules_of(const Clock& clock) const {
    const auto own = agreements.find(clock.image);
    return own == agreements.end() ? rules : own->second.rules;
  }
  std::vector<Clock> clocks{};
  std::vector<size_t> due{};        ///< open, with a limit, not breached: by deadline; indexes of `clocks`
  std::vector<size_t> breaches{};   ///< open ones first, then by the moment of the breach
  std::vector<Forecast> forecast{};  ///< by deadline
  std::array<SlaFigures, severities.size()> figures{};
  std::vector<std::pair<std::int64_t, size_t>> open_critical{};  ///< day since 1970-01-01, and how many were open when it ended (now, for the last); at most 90 days
  std::vector<Disregarded> disregarded{};  ///< each once
};

/// The method of the forecast: of each severity the open clocks are fixed in the order of their deadlines, one each 1/pace days from now on.
SlaReport sla_report(std::vector<Clock> clocks, const SlaRules& rules, Time now, Agreements agreements = {});

}  // namespace ashlar::policy
