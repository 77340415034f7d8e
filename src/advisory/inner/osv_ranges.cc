#include "advisory/inner/osv_ranges.h"

#include <algorithm>
#include <optional>

namespace ashlar::advisory {
namespace {

using Type = OsvEvent::Type;

bool is_first(const OsvEvent& event) { return event.type == Type::Introduced && event.version == "0"; }

/// Sorts by version, what stands at the same version in the order in which it was written; false when two cannot be compared.
bool sort_events(Grammar grammar, std::vector<OsvEvent>& events) {
  if (events.size() <= 2 && is_first(events.front())) return events.size() < 2 || is_version(grammar, events[1].version);
  for (const OsvEvent& event : events) {
    if (!is_first(event) && !is_version(grammar, event.version)) return false;
  }
  std::stable_sort(events.begin(), events.end(), [&](const OsvEvent& a, const OsvEvent& b) {
    if (is_first(a) || is_first(b)) return is_first(a) && !is_first(b);
    const auto order = compare(grammar, a.version, b.version);
    return order && *order == std::weak_ordering::less;
  });
  return true;
}

bool introduces_twice(const std::vector<OsvEvent>& events) {
  std::vector<std::string_view> seen;
  for (const OsvEvent& event : events) {
    if (event.type == Type::Introduced) seen.push_back(event.version);
  }
  std::sort(seen.begin(), seen.end());
  return std::adjacent_find(seen.begin(), seen.end()) != seen.end();
}

bool same_version(Grammar grammar, const OsvEvent& a, const OsvEvent& b) {
  if (is_first(a) || is_first(b)) return is_first(a) && is_first(b);
  const auto order = compare(grammar, a.version, b.version);
  return order ? *order == std::weak_ordering::equivalent : a.version == b.version;
}

/// Walks the line of versions; `open` is the version from which on it is affected.
class Walk {
 public:
  explicit Walk(std::vector<Interval>& out) : out_(out) {}
  void take(const OsvEvent& event) {
    if (event.type == Type::Introduced) {
      if (!open_) open_ = is_first(event) ? std::string() : event.version;
      return;
    }
    if (!open_) return;
    const bool fixed = event.type == Type::Fixed;
    out_.push_back({std::move(*open_), fixed ? event.version : std::string(), fixed ? std::string() : event.version});
    open_.reset();
  }
  bool open() const { return open_.has_value(); }
  void end() {
    if (open_) out_.push_back({std::move(*open_), {}, {}});
    open_.reset();
  }

 private:
  std::vector<Interval>& out_;
  std::optional<std::string> open_;
};

/// What lies at or above every limit is out.
void cut(Grammar grammar, const std::vector<OsvEvent>& limits, std::vector<Interval>& intervals) {
  if (limits.empty() || std::any_of(limits.begin(), limits.end(), [](const OsvEvent& limit) { return limit.version == "*"; })) return;
  const auto less = [&](const std::string& a, const std::string& b) {
    const auto order = compare(grammar, a, b);
    return order && *order == std::weak_ordering::less;
  };
  const std::string& top = std::max_element(limits.begin(), limits.end(), [&](const OsvEvent& a, const OsvEvent& b) { return less(a.version, b.version); })->version;
  std::erase_if(intervals, [&](const Interval& interval) { return !interval.introduced.empty() && !less(interval.introduced, top); });
  for (Interval& interval : intervals) {
    if (!interval.fixed.empty() && !less(top, interval.fixed)) continue;
    if (!interval.last_affected.empty() && less(interval.last_affected, top)) continue;
    interval.fixed = top;
    interval.last_affected.clear();
  }
}

}  // namespace

OsvIntervals intervals_of(Grammar grammar, std::vector<OsvEvent> events) {
  OsvIntervals out;
  std::vector<OsvEvent> limits;
  std::copy_if(events.begin(), events.end(), std::back_inserter(limits), [](const OsvEvent& event) { return event.type == Type::Limit; });
  std::erase_if(events, [](const OsvEvent& event) { return event.type == Type::Limit; });
  if (events.empty()) return out;
  // Sorted, what is introduced twice would end with the first fix: `0 to 6.14.4, 0 to 8.11.4` (DHI's node CVE-2018-12115) would leave 8.11.3 out.
  out.repeated = introduces_twice(events);
  out.ordered = out.repeated || sort_events(grammar, events);
  Walk walk(out.intervals);
  for (size_t at = 0; at < events.size();) {
    // Several events at one version: what was open ends first, what was not begins first, so that neither is lost.
    size_t end = at + 1;
    while (out.ordered && !out.repeated && end < events.size() && same_version(grammar, events[at], events[end])) ++end;
    if (end - at > 1) {
      const bool open = walk.open();
      std::stable_sort(events.begin() + static_cast<std::ptrdiff_t>(at), events.begin() + static_cast<std::ptrdiff_t>(end), [&](const OsvEvent& a, const OsvEvent& b) {
        const bool begins_a = a.type == Type::Introduced, begins_b = b.type == Type::Introduced;
        return begins_a != begins_b && (open ? begins_b : begins_a);
      });
    }
    for (; at < end; ++at) walk.take(events[at]);
  }
  walk.end();
  cut(grammar, limits, out.intervals);
  return out;
}

}  // namespace ashlar::advisory
