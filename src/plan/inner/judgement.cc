#include "plan/inner/judgement.h"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "plan/inner/judge.h"
#include "plan/inner/wording.h"

namespace ashlar::plan {
namespace {

/// The candidates in reach of the wishes, as numbers, and their clauses as capabilities.
class Bench {
 public:
  Bench(const Stock& stock, const Candidates& candidates, std::span<const Name> wishes) : stock_(stock), candidates_(candidates) {
    for (const Name name : wishes) number_of(candidates.of[name]);
    for (size_t at = 0; at < places_.size(); ++at) gather(static_cast<int>(at));  // grows while it is walked
  }

  struct Capability {
    int owner;
    Links clause;
    std::vector<int> packages;
  };

  size_t size() const { return places_.size(); }
  Place place(int number) const { return places_[static_cast<size_t>(number)]; }
  const deb::Package& package(int number) const { return stock_.at(place(number)); }
  int find(Place place) const {
    const auto found = numbers_.find(place);
    return found == numbers_.end() ? -1 : found->second;
  }
  const std::vector<Capability>& capabilities() const { return capabilities_; }
  const Capability& capability(int at) const { return capabilities_[static_cast<size_t>(at)]; }

 private:
  int number_of(Place place) {
    const auto [row, is_new] = numbers_.try_emplace(place, static_cast<int>(places_.size()));
    if (is_new) places_.push_back(place);
    return row->second;
  }

  std::vector<Place> meant(Links clause, Name owner) const {
    std::vector<Place> out;
    const bool refusal = is_refusal(clause.front().field);
    for (const Link& link : clause) {
      const Place real = candidates_.of[link.target];
      if (real != nowhere && !(refusal && link.target == owner) && Stock::fits(link, stock_.at(real).version)) out.push_back(real);
      for (const Provider& provider : stock_.providers(link.target)) {
        const Name name = stock_.name_of(provider.package);
        if (candidates_.of[name] == provider.package && !(refusal && name == owner) && Stock::fits(link, provider.version)) out.push_back(provider.package);
      }
    }
    return out;
  }

  void gather(int number) {
    const Place owner = place(number);
    Links rest = stock_.links(owner);
    while (!rest.empty()) {
      const Links clause = Stock::next_clause(rest);
      const Field field = clause.front().field;
      if (!is_need(field) && !is_refusal(field)) continue;
      const std::vector<Place> places = meant(clause, stock_.name_of(owner));
      if (is_refusal(field) ? places.empty() : places.empty() && is_given_up(candidates_, clause)) continue;
      Capability capability{number, clause, {}};
      for (const Place each : places) capability.packages.push_back(number_of(each));
      capabilities_.push_back(std::move(capability));
    }
  }

  const Stock& stock_;
  const Candidates& candidates_;
  std::vector<Place> places_;
  std::unordered_map<Place, int> numbers_;
  std::vector<Capability> capabilities_;
};

/// Tells from libsolv's grounds which wish brought a package in.
class Story {
 public:
  Story(const Stock& stock, const Candidates& candidates, const Bench& bench, std::span<const Name> wishes, const AshlarJudge* judge)
      : stock_(stock), candidates_(candidates), bench_(bench) {
    for (int at = 0; at < ashlar_judge_reasons(judge); ++at) reasons_.push_back(ashlar_judge_reason(judge, at));
    for (const Name name : wishes) walk_from(bench.find(candidates.of[name]));
  }

  std::string tell() const {
    for (const AshlarJudgeReason& reason : reasons_) {
      if (reason.ground == ASHLAR_JUDGE_LACKS) return lack(reason);
    }
    for (const AshlarJudgeReason& reason : reasons_) {
      if (reason.ground == ASHLAR_JUDGE_REFUSES) return clash(reason);
    }
    return "no set of packages fits";
  }

 private:
  void walk_from(int wish) {
    if (!origin_.try_emplace(wish, -1).second) return;
    std::deque<int> queue = {wish};
    while (!queue.empty()) {
      const int package = queue.front();
      queue.pop_front();
      for (const AshlarJudgeReason& reason : reasons_) {
        if (reason.ground != ASHLAR_JUDGE_NEEDS || reason.package != package) continue;
        for (const int next : bench_.capability(reason.capability).packages) {
          if (origin_.try_emplace(next, package).second) queue.push_back(next);
        }
      }
    }
  }

  /// From the wish on: `a`, what it needs, ... the package itself.
  std::vector<std::string> path(int package) const {
    std::vector<std::string> out;
    for (int at = package; at >= 0;) {
      out.emplace_back(bench_.package(at).name);
      const auto found = origin_.find(at);
      at = found == origin_.end() ? -1 : found->second;
    }
    std::reverse(out.begin(), out.end());
    return out;
  }

  static std::string origin(const std::vector<std::string>& path) {
    if (path.size() == 1) return fmt::format("'{}' is asked for by the definition", path.front());
    return fmt::format("'{}' comes with '{}' ({})", path.back(), path.front(), fmt::join(path, " -> "));
  }

  std::string named(Place place) const { return fmt::format("{} {}", stock_.at(place).name, stock_.at(place).version); }

  /// Versions of a name that the archives have beside the one that is taken, and that do what is asked of them; the newest first.
  template <class Will>
  std::vector<std::string> others(Name name, Will will) const {
    std::vector<std::string> out;
    for (const Place place : stock_.versions(name)) {
      if (place != candidates_.of[name] && will(stock_.at(place).version)) out.push_back(named(place));
    }
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }

  std::string lack(const AshlarJudgeReason& reason) const {
    const Links clause = bench_.capability(reason.capability).clause;
    const auto way = path(reason.package);
    std::vector<std::string> have, fit;
    bool foreign = false;
    for (const Link& link : clause) {
      const Place there = candidates_.of[link.target];
      if (there != nowhere) have.push_back(named(there));
      for (const Provider& provider : stock_.providers(link.target)) {
        const Name owner = stock_.name_of(provider.package);
        if (owner != link.target && candidates_.of[owner] == provider.package) have.push_back(named(provider.package));
      }
      const auto better = others(link.target, [&](std::string_view version) { return Stock::fits(link, version); });
      fit.insert(fit.end(), better.begin(), better.end());
      foreign = foreign || (stock_.text(link.target).find(':') != std::string_view::npos && !stock_.text(link.target).ends_with(":any"));
    }
    const std::string needs = fmt::format("'{}' needs '{}'", bench_.package(reason.package).name, to_string(stock_, clause));
    std::string out;
    if (!fit.empty()) out = fmt::format("{}, but {} is taken; the archives also have {}, which would do: pin that", needs, fmt::join(have, ", "), fmt::join(fit, ", "));
    else if (!have.empty()) out = fmt::format("{}, but the archives have only {}", needs, fmt::join(have, ", "));
    else out = fmt::format("{}, but the archives have no such package{}", needs, foreign ? ", for they are read for one architecture" : "");
    if (way.size() > 1) out += fmt::format("; {}; remove '{}' from the definition", origin(way), way.front());
    return out;
  }

  std::string clash(const AshlarJudgeReason& reason) const {
    const auto way = path(reason.package), other = path(reason.other);
    const Link& link = bench_.capability(reason.capability).clause.front();
    const Name refused = stock_.name_of(bench_.place(reason.other));
    std::string out = fmt::format("'{}' and '{}' cannot be together: '{}' refuses '{}'", way.back(), other.back(), way.back(), to_string(stock_, link));
    if (link.target != refused) out += fmt::format(", which '{}' provides", other.back());
    const auto better = others(refused, [&](std::string_view version) { return link.target == refused && !Stock::fits(link, version); });
    if (!better.empty()) out += fmt::format(", and not {}, which the archives have, too", better.front());
    if (way.size() == 1 && other.size() == 1) return out + "; both are asked for by the definition; remove one of them";
    out += fmt::format("; {}, {}", origin(way), origin(other));
    if (way.front() != other.front()) return out + fmt::format("; remove '{}' or '{}' from the definition", way.front(), other.front());
    return out + fmt::format("; remove '{}' from the definition", way.front());
  }

  const Stock& stock_;
  const Candidates& candidates_;
  const Bench& bench_;
  std::vector<AshlarJudgeReason> reasons_;
  std::map<int, int> origin_;
};

}  // namespace

Judgement judge(const Stock& stock, const Candidates& candidates, std::span<const Name> wishes, const Marking& marking) {
  const Bench bench(stock, candidates, wishes);
  const std::unique_ptr<AshlarJudge, void (*)(AshlarJudge*)> judge(ashlar_judge_new(static_cast<int>(bench.size())), ashlar_judge_free);
  if (!judge) return {false, {}, "memory lacks for a judgement"};
  for (int at = 0; at < static_cast<int>(bench.capabilities().size()); ++at) {
    const Bench::Capability& capability = bench.capability(at);
    for (const int package : capability.packages) ashlar_judge_provide(judge.get(), package, at);
    if (is_refusal(capability.clause.front().field)) ashlar_judge_refuse(judge.get(), capability.owner, at);
    else ashlar_judge_need(judge.get(), capability.owner, at);
  }
  for (const Name name : wishes) ashlar_judge_ask(judge.get(), bench.find(candidates.of[name]));
  for (int at = 0; at < static_cast<int>(bench.size()); ++at) {
    if (marking.marked(stock.name_of(bench.place(at))) == bench.place(at)) ashlar_judge_favour(judge.get(), at);
  }
  if (!ashlar_judge_solve(judge.get())) return {false, {}, Story(stock, candidates, bench, wishes, judge.get()).tell()};
  Judgement out{true, {}, {}};
  for (int at = 0; at < static_cast<int>(bench.size()); ++at) {
    if (ashlar_judge_has(judge.get(), at)) out.chosen.push_back(bench.place(at));
  }
  return out;
}

}  // namespace ashlar::plan
