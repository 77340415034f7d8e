#include "scan/backing.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace ashlar::scan {
namespace {

std::string listed(const std::set<std::string>& names) { return join(std::vector<std::string>(names.begin(), names.end()), ", "); }

std::string length(std::int64_t seconds) { return seconds % 86400 == 0 ? fmt::format("{} days", seconds / 86400) : fmt::format("{} hours", (seconds + 3599) / 3600); }

std::string shortfall_of(const DecisionRule& rule, const std::set<std::string>& people, const Backing& backing, std::optional<std::int64_t> runs) {
  const std::string of = rule.when ? fmt::format(" where `{}` holds", rule.when->text) : std::string();
  if (rule.at_most && runs && *runs > *rule.at_most) return fmt::format("runs for {}, and the policy allows {}{}", length(*runs), length(*rule.at_most), of);
  std::set<std::string> counted, others;
  for (const std::string& person : people) (rule.by.empty() || rule.by.contains(person) ? counted : others).insert(person);
  if (counted.size() >= rule.people) return {};
  std::string out = fmt::format("is signed by {} of the {} {} that the policy asks for{}", counted.size(), rule.people, rule.people == 1 ? "person" : "people", of);
  if (!counted.empty()) out += fmt::format(" ({})", listed(counted));
  if (!others.empty()) out += fmt::format("; {} may not", listed(others));
  for (const std::string& fault : backing.faults) out += "; " + fault;
  return out;
}

}  // namespace

std::set<std::string> people_of(const Backing& backing, const DecisionRules& rules) {
  std::set<std::string> out;
  for (const std::string& key : backing.keys) {
    const auto person = rules.person_of.find(key);
    out.insert(person == rules.person_of.end() ? key : person->second);
  }
  return out;
}

std::string shortfall(std::span<const DecisionRule> asked, const DecisionRules& rules, const Backing& backing, const Finding& finding, std::optional<std::int64_t> runs) {
  const auto people = people_of(backing, rules);
  for (const DecisionRule& rule : asked) {
    if (rule.when && !meets(*rule.when, finding)) continue;
    if (std::string why = shortfall_of(rule, people, backing, runs); !why.empty()) return why;
  }
  return {};
}

}  // namespace ashlar::scan
