#include "pipeline/sla.h"

#include <algorithm>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "ledger/whole.h"
#include "policy/policy.h"

namespace ashlar::pipeline {
namespace {

/// Support that begins with the first promotion begins there; without one it has not begun.
void settle(std::vector<policy::Support>& support, const std::vector<ledger::Entry>& entries, Time now) {
  for (policy::Support& each : support) {
    if (each.from != Time{}) continue;
    std::optional<Time> first;
    for (const ledger::Entry& entry : entries) {
      if (entry.event.kind == ledger::Kind::Promoted && entry.event.image == each.image && (!first || entry.event.at < *first)) first = entry.event.at;
    }
    each.from = first.value_or(now);
  }
}

/// The agreements of images that have one of their own.
Result<policy::Agreements> agreements_of(Workshop& workshop, const SlaWish& wish) {
  policy::Agreements out;
  for (const policy::Support& each : wish.support) {
    if (each.sla.empty() || wish.measures_all || (!wish.image.empty() && each.image != wish.image)) continue;
    TRY_ASSIGN(auto found, sla_rules(workshop, each.sla));
    out[each.image] = {std::move(found.second), std::move(found.first)};
  }
  return out;
}

/// The clocks of every image, by its own agreement where it has one: each agreement is looked at once.
std::vector<policy::Clock> clocks_by(const std::vector<ledger::Entry>& entries, const policy::SlaRules& rules, const policy::Agreements& agreements, Time now) {
  auto out = policy::clocks(entries, rules, now);
  std::erase_if(out, [&](const policy::Clock& each) { return agreements.contains(each.image); });
  std::map<std::string, std::vector<policy::Clock>> by_name;
  for (const auto& [image, own] : agreements) {
    const auto [place, fresh] = by_name.try_emplace(own.name);
    if (fresh) place->second = policy::clocks(entries, own.rules, now);
    std::ranges::copy_if(place->second, std::back_inserter(out), [&](const policy::Clock& each) { return each.image == image; });
  }
  std::ranges::stable_sort(out, {}, &policy::Clock::image);
  return out;
}

/// What is measured by where images have not agreed to anything else.
Result<std::pair<policy::SlaRules, std::string>> rules_of(Workshop& workshop, const SlaWish& wish) {
  if (!wish.policy.empty() || !wish.preset.empty() || wish.of_fleet.empty()) return sla_rules(workshop, wish.policy, wish.preset);
  TRY_ASSIGN(std::string text, workshop.machine.files->read(wish.of_fleet));
  TRY_ASSIGN(const auto policy, policy::read_policy(std::move(text), wish.of_fleet));
  return sla_rules(workshop, policy.sla ? wish.of_fleet : std::string(), {});
}

}  // namespace

host::Path ledger_path(const host::Folders& folders) { return folders.state / "ledger.db"; }

Result<ledger::Ledger> open_ledger(host::Machine& machine, const host::Path& path) {
  if (!machine.files->exists(path)) return cannot(Kind::NotFound, fmt::format("open ledger '{}'", path.string()), "there is none: nothing was recorded yet");
  return ledger::Ledger::open(path);
}

Result<std::pair<policy::SlaRules, std::string>> sla_rules(Workshop& workshop, const std::string& policy, const std::string& preset) {
  if (!policy.empty() && !preset.empty()) return cannot(Kind::Invalid, "choose an agreement", "both a policy and a preset are named");
  host::Files& files = *workshop.machine.files;
  const host::Path folder = workshop.data / "policies" / "sla";
  const std::string name = preset.empty() ? "default" : preset;
  const host::Path path = policy.empty() ? folder / (name + ".yaml") : host::Path(policy);
  if (policy.empty() && (name.find('/') != std::string::npos || !files.exists(path))) {
    std::vector<std::string> there;
    for (const std::string& each : files.list(folder).value_or(std::vector<std::string>())) {
      if (each.ends_with(".yaml")) there.push_back(each.substr(0, each.size() - 5));
    }
    return cannot(Kind::NotFound, fmt::format("take preset '{}'", name), fmt::format("the presets are {}", join(there, ", ")));
  }
  TRY_ASSIGN(std::string text, files.read(path));
  TRY_ASSIGN(auto read, policy::read_policy(std::move(text), path.string()));
  if (!read.sla) return cannot(Kind::Invalid, fmt::format("take policy '{}'", path.string()), "it has no section 'sla'");
  return std::pair(std::move(*read.sla), policy.empty() ? name : policy);
}

Result<std::pair<policy::SlaRules, std::string>> sla_rules(Workshop& workshop, const std::string& agreement) {
  const bool file = agreement.find('/') != std::string::npos;
  return sla_rules(workshop, file ? agreement : std::string(), file ? std::string() : agreement);
}

Result<SlaAnswer> sla(Workshop& workshop, const SlaWish& wish) {
  TRY_ASSIGN(auto rules, rules_of(workshop, wish));
  TRY_ASSIGN(auto ledger, open_ledger(workshop.machine, wish.ledger.empty() ? ledger_path(workshop.folders) : wish.ledger));
  TRY(ledger::require_whole(ledger));
  std::vector<ledger::Entry> entries;
  TRY(ledger.each({}, [&](const ledger::Entry& entry) {
    if (wish.image.empty() || entry.event.image.empty() || entry.event.image == wish.image) entries.push_back(entry);
    return Done();
  }));
  const Time now = wish.now.value_or(workshop.machine.clock->now());
  TRY_ASSIGN(auto agreements, agreements_of(workshop, wish));
  auto clocks = clocks_by(entries, rules.first, agreements, now);
  SlaAnswer out{policy::sla_report(std::move(clocks), rules.first, now, std::move(agreements)), {std::move(rules.second), {}}};
  auto support = wish.support;
  settle(support, entries, now);
  for (const policy::Support& each : support) {
    if (wish.image.empty() || each.image == wish.image) out.paper.cadences.push_back(policy::cadence(entries, each, now));
  }
  return out;
}

}  // namespace ashlar::pipeline
