#include "policy/support.h"

#include <algorithm>

namespace ashlar::policy {

Cadence cadence(std::span<const ledger::Entry> events, const Support& support, Time now) {
  Cadence out{.support = support};
  const Time end = support.until ? std::min(*support.until, now) : now;
  std::vector<Time> moments;
  for (const ledger::Entry& each : events) {
    const ledger::Event& event = each.event;
    if (event.kind == ledger::Kind::Promoted && event.image == support.image && event.at <= end) moments.push_back(event.at);
  }
  std::ranges::sort(moments);
  moments.erase(std::ranges::unique(moments).begin(), moments.end());  // several findings gone with one promotion
  Time at = support.from;
  const auto step = [&](Time to, bool lasts) {
    if (support.rebuilt_at_latest > 0 && to.seconds - at.seconds > support.rebuilt_at_latest) out.gaps.push_back({at, to, lasts});
  };
  for (const Time moment : moments) {
    if (moment < support.from) continue;
    step(moment, false);
    at = moment;
    ++out.promotions;
    out.last = moment;
  }
  if (end > support.from) step(end, end == now);
  if (support.rebuilt_at_latest > 0 && (!support.until || now < *support.until)) out.next_due = Time{at.seconds + support.rebuilt_at_latest};
  return out;
}

}  // namespace ashlar::policy
