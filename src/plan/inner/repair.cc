#include "plan/inner/repair.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <numeric>
#include <set>

namespace ashlar::plan {
namespace {

constexpr int max_rounds = 20;

int worth(Field field) {
  switch (field) {
    case Field::PreDepends:
    case Field::Depends:
    case Field::Recommends: return 1;
    case Field::Conflicts:
    case Field::Breaks: return -1;
    case Field::Suggests: return 0;
  }
  return 0;
}

bool is_kept_by_systems(const deb::Package& package) { return package.essential == "yes" || package.protection == "yes"; }

}  // namespace

bool Repair::any_broken() const {
  for (Name name = 0; name < marking_.states_.size(); ++name) {
    if (marking_.states_[name].install != nowhere && marking_.is_broken(name)) return true;
  }
  return false;
}

void Repair::weigh_package(Name name) {
  constexpr std::array<int, 6> priorities = {0, 3, 2, 1, -1, -2};
  const Place place = marking_.states_[name].install;
  if (is_kept_by_systems(stock_.at(place))) scores_[name] += 100;
  scores_[name] += priorities[static_cast<size_t>(stock_.priority(place))];
  for (const Link& link : stock_.links(place)) {
    const int value = worth(link.field);
    if (value == 0) continue;
    const bool refusal = is_refusal(link.field);
    if (!(refusal && link.target == name)) {
      const Place real = marking_.states_[link.target].install;
      if (link.relation != deb::Relation::None && (real == nowhere || !Stock::fits(link, stock_.at(real).version))) continue;
      scores_[link.target] += value;
    }
    std::set<Name> providers;
    for (const Provider& provider : stock_.providers(link.target)) {
      const Name owner = stock_.name_of(provider.package);
      if (refusal && owner == name) continue;
      if (marking_.states_[owner].install == provider.package && Stock::fits(link, provider.version)) providers.insert(owner);
    }
    for (const Name provider : providers) scores_[provider] += value;
  }
}

/// A package inherits the scores of those that need it, one level deep, and hands them on to what provides its name.
void Repair::weigh_heirs() {
  const std::vector<int> before = scores_;
  for (Name name = 0; name < scores_.size(); ++name) {
    const Place place = marking_.states_[name].install;
    if (place == nowhere || before[name] <= 0) continue;
    for (const Link& link : stock_.links(place)) {
      if (worth(link.field) > 0 && marking_.states_[link.target].install != nowhere) scores_[link.target] += before[name];
    }
  }
  for (Name name = 0; name < scores_.size(); ++name) {
    const int more = std::abs(scores_[name] - before[name]);
    if (more == 0) continue;
    std::set<Name> providers;
    for (const Provider& provider : stock_.providers(name)) {
      const Name owner = stock_.name_of(provider.package);
      if (marking_.states_[owner].install == provider.package) providers.insert(owner);
    }
    for (const Name provider : providers) scores_[provider] += more;
  }
}

void Repair::weigh() {
  scores_.assign(marking_.states_.size(), 0);
  for (Name name = 0; name < scores_.size(); ++name) {
    if (marking_.states_[name].install != nowhere) weigh_package(name);
  }
  weigh_heirs();
  for (Name name = 0; name < scores_.size(); ++name) {
    if (asked_[name]) scores_[name] += 10000;
    const auto versions = stock_.versions(name);
    if (std::any_of(versions.begin(), versions.end(), [&](Place place) { return is_kept_by_systems(stock_.at(place)); })) scores_[name] += 5000;
  }
}

/// Every version that a link may mean, candidate or not.
std::vector<Place> Repair::targets(const Link& link, Name owner) const {
  const bool refusal = is_refusal(link.field);
  std::vector<Place> out;
  if (!(refusal && link.target == owner)) {
    for (const Place place : stock_.versions(link.target)) {
      if (Stock::fits(link, stock_.at(place).version)) out.push_back(place);
    }
  }
  const auto providers = stock_.providers(link.target);
  for (auto provider = providers.rbegin(); provider != providers.rend(); ++provider) {
    if (refusal && stock_.name_of(provider->package) == owner) continue;
    if (Stock::fits(link, provider->version)) out.push_back(provider->package);
  }
  return out;
}

Name Repair::likely_target(const Link& link, Name owner) const {
  if (!stock_.versions(link.target).empty()) return link.target;
  const auto providers = stock_.providers(link.target);
  for (auto provider = providers.rbegin(); provider != providers.rend(); ++provider) {
    if (stock_.name_of(provider->package) != owner) return stock_.name_of(provider->package);
  }
  return link.target;
}

bool Repair::upgrade_clause(Name name, Links clause) {
  bool good = true;
  const bool refusal = is_refusal(clause.front().field);
  for (const Link& link : clause) {
    if (marking_.is_met(clause, name, View::Marked) != refusal) return good;
    const Name target = likely_target(link, name);
    if (marking_.states_[target].fixed) {
      good = false;
    } else if (marking_.is_met(link, name, View::Candidate) != refusal) {
      good = upgrade(target);
      if (good) return true;
    } else {
      if (refusal) return good;  // the next round's
      good = false;
    }
  }
  return good;
}

/// Installs a candidate together with candidates that it needs.
bool Repair::upgrade(Name name) {
  if (tried_[name] || marking_.candidates_.of[name] == nowhere || asked_[name]) return false;
  tried_[name] = true;
  const bool was_kept = !marking_.states_[name].chosen;
  if (!marking_.install(name, false, 0, false) || marking_.states_[name].install == nowhere) return false;
  Links rest = marking_.needs_and_refusals(marking_.states_[name].install);
  while (!rest.empty()) {
    const Links clause = Stock::next_clause(rest);
    if (upgrade_clause(name, clause)) continue;
    if (was_kept) marking_.keep(name);
    else marking_.remove(name);
    return false;
  }
  return true;
}

void Repair::mend_link(Name name, const Link& link, Turn& turn) {
  const bool refusal = is_refusal(link.field);
  const std::vector<Place> all = targets(link, name);
  if (all.empty() && !marking_.states_[name].fixed && !refusal) {
    if (turn.in_or) return;
    turn.changed = turn.over = true;
    marking_.keep(name);
    return;
  }
  bool done = false;
  for (const Place place : all) {
    const Name other = stock_.name_of(place);
    if (refusal && marking_.states_[other].install != place) continue;
    if (refusal && scores_[name] > scores_[other]) {
      if (!marking_.states_[other].fixed) kill_.push_back(other);
      continue;
    }
    if (marking_.states_[name].fixed) {
      if (!upgrade(other)) continue;
      scores_[other] = std::min(scores_[other], scores_[name]);
      break;
    }
    const bool chosen = marking_.states_[name].chosen;
    marking_.keep(name);
    turn.to_keep = true;
    if (turn.in_or && chosen) marking_.install(name, false, 0, false);
    turn.changed = done = true;
    break;
  }
  if (done && !turn.in_or) turn.over = true;
}

void Repair::mend_clause(Name name, Links clause, Turn& turn) {
  const bool refusal = is_refusal(clause.front().field);
  const size_t killed = kill_.size();
  turn.in_or = clause.size() > 1;
  turn.to_keep = false;
  for (const Link& link : clause) {
    const bool waived = !refusal && is_given_up(marking_.candidates_, clause) && !marking_.is_met(clause, name, View::Candidate);
    if (waived || marking_.is_met(clause, name, View::Marked) != refusal) {
      turn.in_or = false;
      return;
    }
    mend_link(name, link, turn);
    if (turn.over) return;
  }
  if (!turn.in_or || killed != kill_.size()) return;
  if (turn.to_keep) {
    marking_.keep(name);
    turn.changed = true;
  } else if (!marking_.states_[name].fixed) {
    marking_.remove(name);
    turn.changed = true;
  }
}

bool Repair::mend(Name name, int round) {
  kill_.clear();
  Turn turn;
  Links rest = marking_.needs_and_refusals(marking_.states_[name].install);
  while (!rest.empty() && !turn.over) mend_clause(name, Stock::next_clause(rest), turn);
  if (marking_.states_[name].install == nowhere) return turn.changed;
  for (const Name other : kill_) {
    const bool found = marking_.keep(other);
    turn.changed |= found;
    if ((!found || round > 1) && scores_[name] > scores_[other]) {
      scores_[other] = scores_[name];
      turn.changed = true;
    }
  }
  return turn.changed;
}

bool Repair::run() {
  if (!any_broken()) return true;
  tried_.assign(marking_.states_.size(), false);
  asked_.assign(marking_.states_.size(), false);
  for (const Name name : wishes_) asked_[name] = true;
  weigh();
  std::vector<Name> order(marking_.states_.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](Name a, Name b) { return scores_[a] > scores_[b]; });
  bool changed = true;
  for (int round = 0; round < max_rounds && changed; ++round) {
    changed = false;
    for (const Name name : order) {
      if (marking_.states_[name].install != nowhere && marking_.is_broken(name)) changed |= mend(name, round);
    }
  }
  return !any_broken();
}

}  // namespace ashlar::plan
