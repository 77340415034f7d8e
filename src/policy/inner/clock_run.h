#pragma once
// How one clock runs through its events.
#include <optional>
#include <set>
#include <span>
#include <string>

#include "policy/sla.h"

namespace ashlar::policy {

/// Takes the events of one finding in the order of time. Time that counts is gained between them; a limit is an amount of it.
class ClockRun {
 public:
  /// `events` outlive it.
  ClockRun(const SlaRules& rules, const SlaLimits& limits, Clock clock, std::span<const ledger::Entry* const> events);
  Clock until(Time now);

 private:
  using Entry = ledger::Entry;

  void settle_start();
  void advance(Time to);                ///< through the ends of pauses and exceptions on the way
  void run(Time to);                    ///< nothing changes on the way
  void take(const Entry& entry);
  void take_pause(const Entry& entry);
  void take_assessment(const Entry& entry);
  void take_exception(const Entry& entry);
  void take_decider(const ledger::Event& event);
  void forget_decider();
  void take_promotion(const Entry& entry);
  void take_closing(const Entry& entry);
  void take_rollback(const Entry& entry);
  void take_deployment(const Entry& entry);
  void rescore(const Entry& entry);
  void see(const Entry& entry);
  void back();
  void resume(Time at);
  void end(const Entry& entry, bool fixed);
  void reopen(Time at);
  void read_rating(const ledger::Event& event);
  void mark(Time at);                   ///< what the image has from now on is another thing than before
  void use(const Entry& entry) { used_.insert(entry.number); }
  void disregard(const Entry& entry, std::string why) { clock_.disregarded.push_back({entry.number, std::move(why)}); }
  bool runs_without(const ledger::Event& event) const;
  bool names(const ledger::Event& event) const;  ///< the event says that it is about this vulnerability
  std::int64_t limit_from(Time at) const;

  const SlaRules& rules_;
  const SlaLimits& limits_;
  Clock clock_;
  std::span<const Entry* const> events_;
  Time last_{};
  bool begun_ = false, seen_ = false, ended_ = false, paused_ = false, gone_ = false;  ///< `gone_`: a digest without it was promoted
  std::optional<Time> pause_end_{}, exception_end_{}, due_{};
  Time paused_at_{};
  std::int64_t paused_in_all_ = 0, limit_ = 0;
  bool withdrawn_ = false;              ///< its publisher took it back: no image has it
  std::set<std::string> without_{};     ///< digests that do not have it
  std::set<std::string, std::less<>> stable_{};  ///< tags that promotions moved
  std::optional<std::string> deployed_{};        ///< what was deployed last in the clock's environment; none: nobody ever said so
  std::set<std::uint64_t> used_{};      ///< numbers of events that did something
  std::optional<std::pair<Time, Severity>> open_{};
};

}  // namespace ashlar::policy
