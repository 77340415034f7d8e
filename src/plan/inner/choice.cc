#include "plan/inner/choice.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::plan {
namespace {

/// A request that needs more steps than this is no choice among alternatives any more but a search, which is not ours to make.
constexpr size_t max_steps = 400'000;
constexpr size_t max_depth = 2'000;

int rank_of(std::string_view priority) {
  constexpr std::array<std::string_view, 5> ranks = {"required", "important", "standard", "optional", "extra"};
  return static_cast<int>(std::find(ranks.begin(), ranks.end(), priority) - ranks.begin());
}

bool fits(deb::Relation relation, const std::string& have, const std::string& wanted) {
  if (relation == deb::Relation::None) return true;
  const auto a = deb::Version::parse(have), b = deb::Version::parse(wanted);
  if (!a || !b) return false;
  const auto order = *a <=> *b;
  switch (relation) {
    case deb::Relation::Less: return order < 0;
    case deb::Relation::LessEqual: return order <= 0;
    case deb::Relation::Equal: return order == 0;
    case deb::Relation::GreaterEqual: return order >= 0;
    case deb::Relation::Greater: return order > 0;
    case deb::Relation::None: return true;
  }
  return false;
}

}  // namespace

void Market::offer(std::uint32_t index) {
  const deb::Package& package = packages_[index];
  by_name_[package.name] = index;
  for (std::string_view part : split(package.provides, ',')) {
    part = trim(part);
    if (part.empty()) continue;
    const std::string_view name = part.substr(0, part.find_first_of(" :("));
    std::string_view version;
    if (const size_t equals = part.find('='); equals != std::string_view::npos) version = trim(part.substr(equals + 1, part.find(')') - equals - 1));
    providers_[name].push_back({index, version, false});
  }
}

std::optional<std::uint32_t> Market::named(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::uint32_t> Market::fitting(const deb::Alternative& alternative) const {
  std::vector<std::uint32_t> out;
  const bool any = alternative.qualifier == "any";
  const auto takes = [&](std::uint32_t package, std::string_view version) {
    if (any && packages_[package].multi_arch != "allowed") return;
    if (alternative.relation != deb::Relation::None && (version.empty() || !fits(alternative.relation, std::string(version), alternative.version))) return;
    if (std::find(out.begin(), out.end(), package) == out.end()) out.push_back(package);
  };
  if (const auto real = named(alternative.name)) takes(*real, packages_[*real].version);
  const size_t first = out.size();
  if (const auto found = providers_.find(alternative.name); found != providers_.end() && !any) {
    for (const Provider& provider : found->second) takes(provider.package, provider.version);
  }
  std::stable_sort(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(), [&](std::uint32_t a, std::uint32_t b) {
    const bool x = packages_[a].essential == "yes", y = packages_[b].essential == "yes";
    if (x != y) return x;
    const int r = rank_of(packages_[a].priority), t = rank_of(packages_[b].priority);
    return r != t ? r < t : a > b;
  });
  return out;
}

const Market::Relations& Market::relations(std::uint32_t index) const {
  if (!clauses_[index]) {
    auto made = std::make_unique<Relations>();
    const deb::Package& package = packages_[index];
    const auto add = [](const std::string& field, std::vector<deb::Clause>& to) {
      auto clauses = deb::parse_relations(field);
      if (clauses) std::move(clauses->begin(), clauses->end(), std::back_inserter(to));
    };
    add(package.pre_depends, made->needs);
    add(package.depends, made->needs);
    add(package.conflicts, made->refuses);
    add(package.breaks, made->refuses);
    clauses_[index] = std::move(made);
  }
  return *clauses_[index];
}

bool Market::is_meant(const deb::Alternative& refused, std::uint32_t index) const {
  const deb::Package& package = packages_[index];
  if (package.name == refused.name) return fits(refused.relation, package.version, refused.version);
  const auto found = providers_.find(refused.name);
  if (found == providers_.end()) return false;
  return std::any_of(found->second.begin(), found->second.end(), [&](const Provider& provider) {
    return provider.package == index && (refused.relation == deb::Relation::None || (!provider.version.empty() && fits(refused.relation, std::string(provider.version), refused.version)));
  });
}

void Choice::note(std::string text) {
  if (!failure_.empty() && depth_ < failure_depth_) return;
  failure_depth_ = depth_;
  failure_ = std::move(text);
}

std::optional<std::string> Choice::clash(std::uint32_t package) const {
  for (const auto& [by, refused] : refusals_) {
    if (by != package && market_.is_meant(*refused, package))
      return fmt::format("'{}' and '{}' cannot be together: '{}' refuses '{}'", market_.at(by).name, market_.at(package).name, market_.at(by).name, deb::to_string(*refused));
  }
  for (const deb::Clause& clause : market_.relations(package).refuses) {
    for (const auto& [other, reason] : marked_) {
      if (other != package && market_.is_meant(clause.front(), other))
        return fmt::format("'{}' and '{}' cannot be together: '{}' refuses '{}'", market_.at(package).name, market_.at(other).name, market_.at(package).name, deb::to_string(clause.front()));
    }
  }
  return std::nullopt;
}

void Choice::roll_back(size_t to) {
  while (trail_.size() > to) {
    const std::uint32_t package = trail_.back();
    trail_.pop_back();
    marked_.erase(package);
    std::erase_if(refusals_, [&](const auto& refusal) { return refusal.first == package; });
  }
}

bool Choice::ask(std::uint32_t package, std::string reason) {
  if (marked_.contains(package)) return true;
  if (auto why = clash(package)) {
    note(std::move(*why));
    return false;
  }
  marked_[package] = std::move(reason);
  trail_.push_back(package);
  for (const deb::Clause& clause : market_.relations(package).refuses) refusals_.emplace_back(package, &clause.front());
  return true;
}

bool Choice::complete(std::uint32_t package) {
  const size_t before = trail_.size();
  if (++steps_ > max_steps || depth_ > max_depth) return false;
  ++depth_;
  const auto& needs = market_.relations(package).needs;
  const bool good = std::all_of(needs.begin(), needs.end(), [&](const deb::Clause& clause) { return satisfy(package, clause); });
  --depth_;
  if (!good) roll_back(before);
  return good;
}

bool Choice::mark(std::uint32_t package, std::string reason) {
  const size_t before = trail_.size();
  if (!ask(package, std::move(reason))) return false;
  if (complete(package)) return true;
  roll_back(before);
  return false;
}

bool Choice::is_satisfied(const deb::Clause& clause) const {
  return std::any_of(clause.begin(), clause.end(), [&](const deb::Alternative& alternative) {
    const auto fitting = market_.fitting(alternative);
    return std::any_of(fitting.begin(), fitting.end(), [&](std::uint32_t package) { return marked_.contains(package); });
  });
}

bool Choice::satisfy(std::uint32_t package, const deb::Clause& clause) {
  if (is_satisfied(clause)) return true;
  bool left_out = false, any = false;
  for (const deb::Alternative& alternative : clause) {
    if (given_up_.contains(alternative.name)) left_out = true;
    for (const std::uint32_t candidate : market_.fitting(alternative)) {
      any = true;
      if (mark(candidate, fmt::format("depended on by '{}' ({})", market_.at(package).name, deb::to_string(clause)))) return true;
    }
  }
  if (left_out && !any) {
    dropped_.insert(fmt::format("'{}' needs '{}', which the definition excludes", market_.at(package).name, deb::to_string(clause)));
    return true;
  }
  if (!any) {
    const auto real = market_.named(clause.front().name);
    note(fmt::format("'{}' needs '{}', but the archives have {}", market_.at(package).name, deb::to_string(clause),
                     real ? fmt::format("only {} {}", market_.at(*real).name, market_.at(*real).version) : "no such package"));
  }
  return false;
}

}  // namespace ashlar::plan
