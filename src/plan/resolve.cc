#include "plan/resolve.h"

#include <algorithm>
#include <deque>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/inner/judgement.h"
#include "plan/inner/marking.h"
#include "plan/inner/stock.h"
#include "plan/inner/wording.h"

namespace ashlar::plan {

struct Universe::State {
  State(std::span<const deb::Package> packages, std::string_view architecture) : stock(packages, architecture) {
    newest.assign(stock.names(), nowhere);
    for (Name name = 0; name < stock.names(); ++name) {
      const auto versions = stock.versions(name);
      if (versions.empty()) continue;
      real.push_back(stock.text(name));
      newest[name] = versions.front();
      if (versions.size() > 1 && deb::compare_versions(stock.at(versions[0]).version, stock.at(versions[1]).version) == 0) ties.push_back(name);
    }
  }

  Done give_up(const Request& request, Candidates& candidates) const;
  Done pin(const Request& request, Candidates& candidates) const;
  Result<Candidates> candidates(const Request& request) const;
  Result<Name> wished(const Wish& wish, const Candidates& candidates) const;
  std::unexpected<Error> unknown(const std::string& name) const;

  Stock stock;
  std::vector<Place> newest;  ///< by name
  std::vector<std::string_view> real;  ///< names that packages have
  std::vector<Name> ties;     ///< names whose newest version several archives have
};

namespace {

/// Why each package is in: from the wishes on, in their order, the first package that needs it.
std::map<Place, std::string> reasons_for(const Stock& stock, const Marking& marking, std::span<const Name> wishes) {
  std::map<Place, std::string> reasons;
  std::deque<Place> queue;
  const auto add = [&](Place place, auto&& reason) {
    if (reasons.contains(place)) return;
    reasons[place] = reason();
    queue.push_back(place);
  };
  for (const Name name : wishes) add(marking.marked(name), [] { return std::string("asked for by the definition"); });
  // Links that are no needs come last: a package that only these reach is what apt keeps of an alternative that it gave up.
  for (const bool needs : {true, false}) {
    if (!needs) {
      for (const auto& [place, reason] : reasons) queue.push_back(place);
    }
    while (!queue.empty()) {
      const Place place = queue.front();
      queue.pop_front();
      Links rest = stock.links(place);
      while (!rest.empty()) {
        const Links clause = Stock::next_clause(rest);
        if (is_refusal(clause.front().field) || (needs && !is_need(clause.front().field))) continue;
        const std::string_view verb = is_need(clause.front().field) ? "depended on" : clause.front().field == Field::Recommends ? "recommended" : "suggested";
        for (const Place other : marking.marked_for(clause))
          add(other, [&] { return fmt::format("{} by '{}' ({})", verb, stock.at(place).name, to_string(stock, clause)); });
      }
    }
  }
  return reasons;
}

std::vector<std::string> dropped_by(const Stock& stock, const Marking& marking, std::span<const Place> chosen) {
  std::vector<std::string> out;
  for (const Place place : chosen) {
    Links rest = stock.links(place);
    while (!rest.empty()) {
      const Links clause = Stock::next_clause(rest);
      if (!is_need(clause.front().field) || !marking.marked_for(clause).empty()) continue;
      out.push_back(fmt::format("'{}' needs '{}', which the definition excludes", stock.at(place).name, to_string(stock, clause)));
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// A package that, asked for by name, makes the marking succeed; `nowhere` when none of the first few does.
Place way_out(const Stock& stock, const Candidates& candidates, std::vector<Name> wishes, const Marking& marking, std::span<const Place> possible) {
  constexpr int max_tries = 12;
  int tries = 0;
  wishes.push_back(nowhere);
  for (const Place place : possible) {
    wishes.back() = stock.name_of(place);
    if (marking.marked(wishes.back()) == place) continue;
    if (++tries > max_tries) break;
    if (Marking(stock, candidates).mark(wishes)) return place;
  }
  return nowhere;
}

std::unexpected<Error> refusal(const Stock& stock, const Candidates& candidates, std::span<const Name> wishes, const Marking& marking) {
  const Judgement judgement = judge(stock, candidates, wishes, marking);
  if (!judgement.possible) return cannot(Kind::Conflict, "choose packages", judgement.explanation);
  const Place out = way_out(stock, candidates, {wishes.begin(), wishes.end()}, marking, judgement.chosen);
  const std::string cause = "the preferred alternatives clash, as they do in apt, though others would fit";
  return cannot(Kind::Conflict, "choose packages", out == nowhere ? cause : fmt::format("{}: ask for '{}', too", cause, stock.at(out).name));
}

}  // namespace

Done Universe::State::give_up(const Request& request, Candidates& candidates) const {
  for (const Wish& wish : request.wishes) {
    if (!wish.excluded) continue;
    const bool asked = std::any_of(request.wishes.begin(), request.wishes.end(), [&](const Wish& other) { return !other.excluded && other.name == wish.name; });
    if (asked) return cannot(Kind::Conflict, fmt::format("choose package '{}'", wish.name), "the definition both asks for and excludes it");
    const auto name = stock.find(wish.name);
    if (!name) continue;
    if (candidates.given_up.empty()) candidates.given_up.resize(stock.names());
    candidates.given_up[*name] = true;
    candidates.of[*name] = nowhere;
    // What an excluded package would have provided lacks by the definition's own word, too.
    for (const Place place : stock.versions(*name)) {
      for (const Name provided : stock.provided_by(place)) candidates.given_up[provided] = true;
    }
  }
  return {};
}

Done Universe::State::pin(const Request& request, Candidates& candidates) const {
  for (const Wish& wish : request.wishes) {
    if (wish.excluded || wish.version.empty()) continue;
    const std::string what = fmt::format("choose package '{}' in version {}", wish.name, wish.version);
    const auto name = stock.find(wish.name);
    if (!name || stock.versions(*name).empty()) return cannot(Kind::NotFound, what, "the archives have no such package");
    const auto versions = stock.versions(*name);
    const auto fits = [&](Place place) { return stock.at(place).version == wish.version; };
    auto found = std::find_if(versions.begin(), versions.end(), fits);
    if (found == versions.end()) return cannot(Kind::NotFound, what, fmt::format("the archives have {}", fmt::join(stock.numbers(*name), ", ")));
    const auto secure = std::find_if(found, versions.end(), [&](Place place) { return fits(place) && request.security_archives.contains(stock.at(place).archive); });
    const Place chosen = secure != versions.end() ? *secure : *found;
    const bool twice = std::any_of(request.wishes.begin(), request.wishes.end(), [&](const Wish& other) {
      return !other.excluded && other.name == wish.name && !other.version.empty() && other.version != wish.version;
    });
    if (twice) return cannot(Kind::Conflict, what, "the definition pins another version of it, too");
    candidates.of[*name] = chosen;
  }
  return {};
}

Result<Candidates> Universe::State::candidates(const Request& request) const {
  Candidates out{newest, {}};
  if (!request.security_archives.empty()) {
    for (const Name name : ties) {
      const auto versions = stock.versions(name);
      for (const Place place : versions) {
        if (deb::compare_versions(stock.at(place).version, stock.at(versions.front()).version) != 0) break;
        if (!request.security_archives.contains(stock.at(place).archive)) continue;
        out.of[name] = place;
        break;
      }
    }
  }
  TRY(give_up(request, out));
  TRY(pin(request, out));
  return out;
}

std::unexpected<Error> Universe::State::unknown(const std::string& name) const {
  const std::string near = ashlar::nearest(name, real);
  return cannot(Kind::NotFound, fmt::format("choose package '{}'", name),
                near.empty() ? "the archives have no such package" : fmt::format("the archives have no such package; did you mean '{}'?", near));
}

Result<Name> Universe::State::wished(const Wish& wish, const Candidates& candidates) const {
  const auto name = stock.find(wish.name);
  if (!name) return unknown(wish.name);
  if (candidates.of[*name] != nowhere) return *name;
  std::set<Name> providers;
  for (const Provider& provider : stock.providers(*name)) {
    const Name owner = stock.name_of(provider.package);
    if (candidates.of[owner] == provider.package) providers.insert(owner);
  }
  if (providers.empty()) return unknown(wish.name);
  if (providers.size() == 1) return *providers.begin();
  std::vector<std::string> names;
  for (const Name each : providers) names.emplace_back(stock.text(each));
  std::sort(names.begin(), names.end());
  return cannot(Kind::Conflict, fmt::format("choose package '{}'", wish.name), fmt::format("it is a virtual name, which several packages provide; name one of {}", fmt::join(names, ", ")));
}

Universe::Universe(std::span<const deb::Package> packages, std::string architecture) : state_(std::make_unique<State>(packages, architecture)) {}
Universe::~Universe() = default;
Universe::Universe(Universe&&) noexcept = default;

bool Universe::knows(std::string_view name) const {
  const auto found = state_->stock.find(name);
  return found && (!state_->stock.versions(*found).empty() || !state_->stock.providers(*found).empty());
}

std::vector<std::string_view> Universe::versions(std::string_view name) const {
  const auto found = state_->stock.find(name);
  return found ? state_->stock.numbers(*found) : std::vector<std::string_view>();
}

std::vector<std::string> Universe::providers(std::string_view name) const {
  const Stock& stock = state_->stock;
  std::set<std::string> out;
  if (const auto found = stock.find(name)) {
    for (const Provider& provider : stock.providers(*found)) out.emplace(stock.at(provider.package).name);
  }
  out.erase(std::string(name));
  return {out.begin(), out.end()};
}

std::string Universe::nearest(std::string_view name) const { return ashlar::nearest(name, state_->real); }

Result<Resolution> Universe::resolve(const Request& request) const {
  const Stock& stock = state_->stock;
  TRY_ASSIGN(const Candidates candidates, state_->candidates(request));
  Resolution out;
  std::vector<Name> wishes;
  for (const Wish& wish : request.wishes) {
    if (wish.excluded) continue;
    TRY_ASSIGN(const Name name, state_->wished(wish, candidates));
    if (stock.text(name) != wish.name) out.stood_in.push_back(fmt::format("'{}' is a virtual name; taken is '{}', which alone provides it", wish.name, stock.text(name)));
    if (std::find(wishes.begin(), wishes.end(), name) == wishes.end()) wishes.push_back(name);
  }
  Marking marking(stock, candidates);
  if (!marking.mark(wishes)) return refusal(stock, candidates, wishes, marking);
  const std::vector<Place> chosen = marking.sweep(wishes);
  const auto reasons = reasons_for(stock, marking, wishes);
  for (const Place place : chosen) {
    if (stock.is_damaged(place)) return cannot(Kind::Corrupt, fmt::format("choose package '{}'", stock.at(place).name), "the index has relations of it that cannot be read");
    const auto reason = reasons.find(place);
    out.packages.push_back({&stock.at(place), reason != reasons.end() ? reason->second : "essential"});
  }
  std::sort(out.packages.begin(), out.packages.end(), [](const Chosen& a, const Chosen& b) { return a.package->name < b.package->name; });
  out.dropped = dropped_by(stock, marking, chosen);
  return out;
}

}  // namespace ashlar::plan
