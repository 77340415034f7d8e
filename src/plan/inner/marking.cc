#include "plan/inner/marking.h"

#include <algorithm>

#include "plan/inner/repair.h"

namespace ashlar::plan {
namespace {

/// apt gives up on chains that are deeper.
constexpr unsigned max_depth = 3000;

}  // namespace

bool is_given_up(const Candidates& candidates, Links clause) {
  return !candidates.given_up.empty() && std::any_of(clause.begin(), clause.end(), [&](const Link& link) { return candidates.given_up[link.target]; });
}

Marking::Marking(const Stock& stock, const Candidates& candidates) : stock_(stock), candidates_(candidates), states_(stock.names()) {}

Links Marking::needs_and_refusals(Place place) const {
  const Links all = stock_.links(place);
  const auto end = std::find_if(all.begin(), all.end(), [](const Link& link) { return link.field > Field::Breaks; });
  return all.first(static_cast<size_t>(end - all.begin()));
}

bool Marking::is_met(const Link& link, Name owner, View view) const {
  const bool refusal = is_refusal(link.field);  // a package never refuses itself, nor what it provides
  const Place real = seen(link.target, view);
  if (real != nowhere && !(refusal && link.target == owner) && Stock::fits(link, stock_.at(real).version)) return true;
  for (const Provider& provider : stock_.providers(link.target)) {
    const Name name = stock_.name_of(provider.package);
    if (refusal && name == owner) continue;
    if (seen(name, view) == provider.package && Stock::fits(link, provider.version)) return true;
  }
  return false;
}

bool Marking::is_met(Links clause, Name owner, View view) const {
  return std::any_of(clause.begin(), clause.end(), [&](const Link& link) { return is_met(link, owner, view); });
}

bool Marking::is_broken(Name name) const {
  const Place place = states_[name].install;
  if (place == nowhere) return false;
  Links rest = needs_and_refusals(place);
  while (!rest.empty()) {
    const Links clause = Stock::next_clause(rest);
    const bool met = is_met(clause, name, View::Marked);
    if (is_refusal(clause.front().field)) {
      if (met) return true;
    } else if (!met && !(is_given_up(candidates_, clause) && !is_met(clause, name, View::Candidate))) {
      return true;
    }
  }
  return false;
}

/// Order of packages that satisfy one link: what is fixed, the name itself, essential and protected packages, priority, the later name.
bool Marking::is_preferred(Place a, Place b, Name target) const {
  const Name x = stock_.name_of(a), y = stock_.name_of(b);
  if (states_[x].fixed != states_[y].fixed) return states_[x].fixed;
  if ((x == target) != (y == target)) return x == target;
  const auto flagged = [](std::string_view text) { return text == "yes"; };
  const deb::Package &p = stock_.at(a), &q = stock_.at(b);
  if (flagged(p.essential) != flagged(q.essential)) return flagged(p.essential);
  if (flagged(p.protection) != flagged(q.protection)) return flagged(p.protection);
  if (stock_.priority(a) != stock_.priority(b)) return stock_.priority(a) < stock_.priority(b);
  return x > y;
}

void Marking::add_fitting(const Link& link, Name owner, std::vector<Place>& to) const {
  const bool refusal = is_refusal(link.field);
  const size_t begin = to.size();
  const Place real = candidates_.of[link.target];
  if (real != nowhere && !(refusal && link.target == owner) && Stock::fits(link, stock_.at(real).version)) to.push_back(real);
  for (const Provider& provider : stock_.providers(link.target)) {
    const Name name = stock_.name_of(provider.package);
    if (refusal && name == owner) continue;
    if (candidates_.of[name] == provider.package && Stock::fits(link, provider.version)) to.push_back(provider.package);
  }
  std::sort(to.begin() + static_cast<std::ptrdiff_t>(begin), to.end(), [&](Place a, Place b) { return is_preferred(a, b, link.target); });
}

std::vector<Place> Marking::fitting(Links clause, Name owner) const {
  std::vector<Place> out;
  for (const Link& link : clause) add_fitting(link, owner, out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  if (!is_refusal(clause.front().field)) {
    std::erase_if(out, [&](Place place) {
      const State& state = states_[stock_.name_of(place)];
      return state.fixed && !state.chosen;
    });
  }
  return out;
}

void Marking::choose(Name name, bool asked) {
  State& state = states_[name];
  if (state.fixed && state.install == candidates_.of[name]) return;
  state.chosen = true;
  state.install = candidates_.of[name];
  state.automatic = !asked;
}

/// Takes a package back; refused for what is fixed.
bool Marking::keep(Name name) {
  State& state = states_[name];
  if (!state.chosen) return true;
  if (state.fixed) return false;
  state.chosen = false;
  state.install = nowhere;
  return true;
}

/// As keep(), but also refused for what was asked for.
bool Marking::remove(Name name) {
  State& state = states_[name];
  if (state.fixed) return false;
  if (state.install == nowhere) return true;
  if (!state.automatic) return false;
  state.chosen = false;
  state.install = nowhere;
  return true;
}

void Marking::discard(Name name) {
  State& state = states_[name];
  state.chosen = false;
  state.install = nowhere;
  candidates_.of[name] = nowhere;
}

bool Marking::can_be_installed(Name name) {
  Links rest = needs_and_refusals(candidates_.of[name]);
  while (!rest.empty()) {
    const Links clause = Stock::next_clause(rest);
    if (!is_need(clause.front().field)) continue;
    if (is_met(clause, name, View::Marked) || is_met(clause, name, View::Candidate) || is_given_up(candidates_, clause)) continue;
    State& state = states_[name];
    if (!state.fixed) {
      candidates_.of[name] = nowhere;
      state.chosen = false;
    }
    return false;
  }
  return true;
}

bool Marking::make_room(std::span<const Link* const> refusals, Name owner, bool fixed, bool asked) {
  bool good = true;
  for (const Link* refusal : refusals) {
    for (const Place place : fitting(Links(refusal, 1), owner)) {
      const Name name = stock_.name_of(place);
      if (candidates_.of[name] != place) continue;
      if (states_[name].chosen && !keep(name)) {
        good = false;
        if (!fixed && !asked) return false;
      } else if (fixed) {
        candidates_.of[name] = states_[name].install;
        states_[name].fixed = true;
      }
    }
  }
  return good;
}

bool Marking::satisfy(Links clause, unsigned depth, bool fixed) {
  const std::vector<Place> solutions = fitting(clause, nowhere);
  for (const Place place : solutions) {
    const Name name = stock_.name_of(place);
    if (candidates_.of[name] != place) continue;
    if (fixed && solutions.size() == 1) {
      if (!install(name, false, depth + 1, false)) continue;
      states_[name].fixed = true;
    }
    if (install(name, true, depth + 1, false)) return true;
  }
  return is_given_up(candidates_, clause) && !is_met(clause, nowhere, View::Candidate);
}

bool Marking::install_needs(Name name, std::span<const Links> needs, unsigned depth, bool fixed, bool asked) {
  bool good = true;
  for (const Links clause : needs) {
    if (!is_met(clause, name, View::Marked)) {
      if (satisfy(clause, depth, fixed)) continue;
      good = false;
      if (!fixed && !asked) return false;
      continue;
    }
    if (!fixed) continue;
    // The only package that can satisfy what is fixed becomes fixed itself.
    const std::vector<Place> solutions = fitting(clause, name);
    if (solutions.size() != 1) continue;
    const Name only = stock_.name_of(solutions.front());
    if (states_[only].fixed) continue;
    states_[only].fixed = true;
    if (!install(only, true, depth + 1, false)) good = false;
  }
  return good;
}

bool Marking::install(Name name, bool with_needs, unsigned depth, bool asked) {
  if (depth > max_depth || stock_.versions(name).empty()) return false;
  if (!asked && !states_[name].chosen && states_[name].fixed) return false;
  if (candidates_.of[name] == nowhere) return false;
  const bool fixed = states_[name].fixed;
  if (!fixed && states_[name].chosen && !is_broken(name)) return true;
  if (with_needs && !can_be_installed(name)) return false;
  if (asked) choose(name, asked);
  bool good = true;
  std::vector<Links> needs;
  if (with_needs) {
    std::vector<const Link*> refusals;
    Links rest = needs_and_refusals(candidates_.of[name]);
    while (!rest.empty()) {
      const Links clause = Stock::next_clause(rest);
      const bool refusal = is_refusal(clause.front().field);
      if (!fixed && is_met(clause, name, View::Marked) != refusal) continue;
      if (refusal) refusals.push_back(clause.data());
      else needs.push_back(clause);
    }
    good = make_room(refusals, name, fixed, asked);
    if (!good && !fixed && !asked) return false;
  }
  if (!asked) choose(name, asked);
  if (!with_needs) return good;

  states_[name].fixed = true;
  if (!install_needs(name, needs, depth, fixed, asked)) {
    good = false;
    if (!fixed && !asked) discard(name);
  }
  if (!fixed) states_[name].fixed = false;
  return good;
}

bool Marking::mark(std::span<const Name> wishes) {
  for (const Name name : wishes) {
    states_[name].fixed = true;
    install(name, false, 0, true);
  }
  for (const Name name : wishes) install(name, true, 0, true);
  return Repair(*this, wishes).run();
}

std::vector<Place> Marking::marked_for(Links clause) const {
  std::vector<Place> out;
  for (const Link& link : clause) {
    const Place real = states_[link.target].install;
    if (real != nowhere && Stock::fits(link, stock_.at(real).version)) out.push_back(real);
    for (const Provider& provider : stock_.providers(link.target)) {
      if (states_[stock_.name_of(provider.package)].install == provider.package && Stock::fits(link, provider.version)) out.push_back(provider.package);
    }
  }
  return out;
}

std::vector<Place> Marking::sweep(std::span<const Name> wishes) {
  std::vector<bool> reached(states_.size());
  std::vector<Name> queue;
  const auto reach = [&](Name name) {
    if (states_[name].install == nowhere || reached[name]) return;
    reached[name] = true;
    queue.push_back(name);
  };
  for (const Name name : wishes) reach(name);
  for (Name name = 0; name < states_.size(); ++name) {
    if (states_[name].install == nowhere) continue;
    const deb::Package& package = stock_.at(states_[name].install);
    if (package.essential == "yes" || package.protection == "yes") reach(name);
  }
  while (!queue.empty()) {
    const Links links = stock_.links(states_[queue.back()].install);
    queue.pop_back();
    for (const Link& link : links) {
      if (is_refusal(link.field)) continue;
      for (const Place place : marked_for(Links(&link, 1))) reach(stock_.name_of(place));
    }
  }
  std::vector<Place> out;
  for (Name name = 0; name < states_.size(); ++name) {
    if (!reached[name]) states_[name] = {};
    else out.push_back(states_[name].install);
  }
  return out;
}

}  // namespace ashlar::plan
