#include "policy/inner/hands_on.h"

#include <algorithm>
#include <tuple>

namespace ashlar::policy {
namespace {

using ledger::Event;
using ledger::Kind;

/// A finding of an image, as far as the question goes who has to look at it.
struct Followed {
  Time seen{};
  std::string severity{};
  bool exploited = false;
  bool needs_person() const { return exploited || severity != "negligible"; }
};
using Name = std::tuple<std::string, std::string, std::string>;  // image, vulnerability, package

bool is_about(const Event& event, const Name& name) {
  const auto& [image, vulnerability, package] = name;
  return event.vulnerability == vulnerability && (event.image.empty() || event.image == image) && (event.package.empty() || event.package == package);
}

std::map<Name, Followed> follow(std::span<const ledger::Entry> entries) {
  std::map<Name, Followed> out;
  for (const ledger::Entry& entry : entries) {
    const Event& event = entry.event;
    if (event.kind != Kind::FirstSeen) continue;
    const auto [place, fresh] = out.try_emplace({event.image, event.vulnerability, event.package});
    if (!fresh) continue;
    place->second = {.seen = event.at, .severity = event.fact("severity"), .exploited = !event.fact("kev").empty()};
  }
  return out;
}

size_t count_waiting(std::span<const ledger::Entry> entries) {
  auto findings = follow(entries);
  std::map<std::string, std::vector<const Event*>> of_fixes, of_answers;
  for (const ledger::Entry& entry : entries) {
    const Event& event = entry.event;
    if (event.kind == Kind::FixAvailable) of_fixes[event.vulnerability].push_back(&event);
    if (event.kind == Kind::Assessed || event.kind == Kind::Excepted) of_answers[event.vulnerability].push_back(&event);
  }
  size_t out = 0;
  for (const auto& [name, finding] : findings) {
    const auto any = [&name = name](const std::vector<const Event*>& events, auto holds) { return std::ranges::any_of(events, [&](const Event* each) { return is_about(*each, name) && holds(*each); }); };
    if (!finding.needs_person()) continue;
    const bool fixable = any(of_fixes[std::get<1>(name)], [&](const Event& each) { return each.at <= finding.seen; });
    const bool answered = any(of_answers[std::get<1>(name)], [](const Event&) { return true; });
    if (!fixable && !answered) ++out;
  }
  return out;
}

}  // namespace

double HandsOn::hours(const WorkModel& model, bool by_hand) const {
  const double minutes = static_cast<double>(answers + waiting + other) * model.ticket + static_cast<double>(stopped) * model.stopped + (by_hand ? static_cast<double>(patches) * model.rebuild : 0);
  return minutes / 60;
}

HandsOn hands_on(std::span<const ledger::Entry> entries) {
  HandsOn out;
  std::set<std::tuple<Kind, std::string, std::string, std::string>> answers;
  std::map<std::string, size_t> publications;
  for (const ledger::Entry& entry : entries) {
    const Event& event = entry.event;
    const std::string result = event.fact("result");
    if (event.kind == Kind::Assessed || event.kind == Kind::Excepted) answers.emplace(event.kind, event.vulnerability, event.package, event.fact("reason"));
    if (event.kind == Kind::Tested && (result == "stopped" || result == "failed")) ++out.stopped;
    if (event.kind == Kind::Paused || event.kind == Kind::Resumed || (event.kind == Kind::RolledBack && event.vulnerability.empty())) ++out.other;
    if (event.kind == Kind::Noted && event.fact("what") == "end-announced") ++out.other;
    if (event.kind == Kind::Promoted && event.vulnerability.empty()) ++publications[event.image];
  }
  out.answers = answers.size();
  out.waiting = count_waiting(entries);
  for (const auto& [image, count] : publications) out.patches += count - 1;
  return out;
}

}  // namespace ashlar::policy
