#include "scan/judge.h"

#include <algorithm>

#include <fmt/format.h>

namespace ashlar::scan {
namespace {

using advisory::Affected;
using advisory::Interval;
using advisory::Stance;

/// Compares versions and writes down what came of it.
class Comparer {
 public:
  Comparer(const Affected& affected, const std::string& version, std::vector<Step>& steps) : affected_(affected), version_(version), steps_(steps) {}

  /// Whether the version stands before `bound`; nothing when they do not compare.
  std::optional<bool> before(std::string_view bound, std::string_view name, bool or_equal = false) {
    const auto order = advisory::compare(affected_.grammar, version_, bound);
    if (!order) {
      steps_.push_back({"compare", fmt::format("{} does not compare with {} {}: {}", version_, name, bound, order.error().message)});
      return std::nullopt;
    }
    const std::string_view sign = *order < 0 ? "<" : *order > 0 ? ">" : "=";
    steps_.push_back({"compare", fmt::format("{} {} {} ({}, {})", version_, sign, bound, name, advisory::to_string(affected_.grammar))});
    return *order < 0 || (or_equal && *order == 0);
  }

  /// Whether an interval holds the version.
  std::optional<bool> within(const Interval& interval) {
    if (!interval.introduced.empty() && interval.introduced != "0") {
      const auto early = before(interval.introduced, "introduced");
      if (!early) return std::nullopt;
      if (*early) return false;
    }
    if (!interval.fixed.empty()) return before(interval.fixed, "fixed");
    if (!interval.last_affected.empty()) return before(interval.last_affected, "last affected", true);
    steps_.push_back({"compare", fmt::format("no version is named that ends it{}", interval.introduced.empty() ? "" : " after " + interval.introduced)});
    return true;
  }

 private:
  const Affected& affected_;
  const std::string& version_;
  std::vector<Step>& steps_;
};

/// Whether a version is one of those that are named, written in another way: `1.0` is PyPI's `1.0.0`.
Outcome among(const Affected& affected, const std::string& version, std::vector<Step>& steps) {
  if (!advisory::is_version(affected.grammar, version)) {
    steps.push_back({"compare", fmt::format("{} is no version ({}) that could be held against those that are named", version, advisory::to_string(affected.grammar))});
    return Outcome::CannotSay;
  }
  for (const std::string& each : affected.versions) {
    const auto order = advisory::compare(affected.grammar, version, each);
    if (!order || *order != 0) continue;
    steps.push_back({"compare", fmt::format("{} = {} (one of those that are named, {})", version, each, advisory::to_string(affected.grammar))});
    return Outcome::Affected;
  }
  return Outcome::NotAffected;
}

Outcome by_versions(const Affected& affected, const std::string& version, Judgement& into) {
  if (std::ranges::find(affected.versions, version) != affected.versions.end()) {
    into.steps.push_back({"compare", fmt::format("{} is one of the {} versions that are named", version, affected.versions.size())});
    return Outcome::Affected;
  }
  if (!affected.versions.empty()) into.steps.push_back({"compare", fmt::format("{} is none of the {} versions that are named", version, affected.versions.size())});
  Comparer comparer(affected, version, into.steps);
  bool doubt = false;
  for (const Interval& interval : affected.intervals) {
    const auto within = comparer.within(interval);
    doubt = doubt || !within;
    if (!within.value_or(false)) continue;
    into.fixed_in = interval.fixed;
    return Outcome::Affected;
  }
  if (doubt || affected.versions.empty()) return doubt ? Outcome::CannotSay : Outcome::NotAffected;
  return among(affected, version, into.steps);
}

/// `net/http` of `net/http.Server.Serve`.
std::string_view package_of(std::string_view symbol) {
  const size_t slash = symbol.rfind('/');
  return symbol.substr(0, symbol.find('.', slash == std::string_view::npos ? 0 : slash));
}

/// How far an advisory's functions reach into a program whose functions are `linked`, sorted. A function that was inlined everywhere has no name of its
/// own left, so that a package of which anything is there may hold it.
enum class Reach { Function, Package, Nothing };
Reach reach_of(const std::vector<std::string>& wanted, const std::vector<std::string>& linked) {
  Reach out = Reach::Nothing;
  for (const std::string& each : wanted) {
    if (std::ranges::binary_search(linked, each)) return Reach::Function;
    const bool whole = each.ends_with(".*");  // all of the package
    const std::string prefix = whole ? each.substr(0, each.size() - 1) : std::string(package_of(each)) + ".";
    const auto first = std::ranges::lower_bound(linked, prefix);
    if (first == linked.end() || !first->starts_with(prefix)) continue;
    if (whole) return Reach::Function;
    out = Reach::Package;
  }
  return out;
}

Outcome outcome_of(const Place& place, const std::vector<std::string>& symbols, Judgement& into) {
  const Affected& affected = into.affected;
  if (affected.stance == Stance::NotAffected) {
    into.steps.push_back({"stance", fmt::format("'{}' says that no version of '{}' in '{}' is affected{}{}", into.feed, place.package, place.space, affected.remark.empty() ? "" : ": ", affected.remark)});
    return Outcome::NotAffected;
  }
  // A feed that has not determined it mostly names no version: then it may be any.
  const bool any = affected.stance == Stance::Undetermined && affected.intervals.empty() && affected.versions.empty();
  const Outcome outcome = any ? Outcome::Affected : by_versions(affected, place.version, into);
  if (outcome != Outcome::Affected) return outcome;
  if (!affected.symbols.empty() && !symbols.empty()) {
    const Reach reach = reach_of(affected.symbols, symbols);
    const std::string_view found = reach == Reach::Function ? "at least one is linked in" : reach == Reach::Package ? "none is linked in by its name, though their package is: it may be inlined" : "neither one nor anything else of their packages is linked in";
    into.steps.push_back({"symbols", fmt::format("of the {} functions that the advisory names {}", affected.symbols.size(), found)});
    if (reach == Reach::Nothing) return Outcome::NotAffected;
    if (reach == Reach::Package) return Outcome::Undetermined;
  }
  if (affected.stance == Stance::Undetermined) {
    into.steps.push_back({"stance", fmt::format("'{}' has not determined whether it is affected", into.feed)});
    return Outcome::Undetermined;
  }
  return Outcome::Affected;
}

}  // namespace

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Affected: return "affected";
    case Outcome::NotAffected: return "not affected";
    case Outcome::Undetermined: return "undetermined";
    case Outcome::Withdrawn: return "withdrawn";
    case Outcome::CannotSay: return "cannot say";
  }
  return {};
}

Result<std::vector<Judgement>> judge(advisory::Database& database, const Place& place, const std::vector<std::string>& symbols, Depth depth) {
  TRY_ASSIGN(auto matches, database.matches(place.space, place.package));
  return judge_by(database, std::move(matches), place, symbols, depth);
}

Result<std::vector<Judgement>> judge_by(advisory::Database& database, std::vector<advisory::Match> matches, const Place& place, const std::vector<std::string>& symbols, Depth depth) {
  std::vector<Judgement> out;
  for (advisory::Match& match : matches) {
    Judgement each{.feed = std::move(match.feed), .space = place.space, .affected = std::move(match.affected)};
    each.outcome = outcome_of(place, symbols, each);
    if (depth == Depth::Findings && each.outcome == Outcome::NotAffected) continue;
    TRY_ASSIGN(each.advisory, database.advisory(match.record));
    if (each.advisory.withdrawn) {
      each.outcome = Outcome::Withdrawn;
      each.steps.push_back({"stance", fmt::format("its publisher withdrew it on {}", each.advisory.withdrawn->date())});
    }
    out.push_back(std::move(each));
  }
  return out;
}

bool is_covered(const advisory::Database& database, std::string_view space) {
  return std::ranges::any_of(database.feeds(), [&](const advisory::FeedStamp& feed) { return std::ranges::binary_search(feed.spaces, space); });
}

}  // namespace ashlar::scan
