#include "policy/inner/base_lines.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/age.h"

namespace ashlar::policy {
namespace {

bool fits(const std::vector<std::string>& globs, std::string_view name) {
  return std::ranges::any_of(globs, [&](const std::string& each) { return matches_glob(each, name); });
}
bool holds(const std::vector<std::string>& list, std::string_view name) { return std::ranges::find(list, name) != list.end(); }

}  // namespace

Found rule_about(const BaseRules& rules, const BaseName& base) {
  for (const BaseRule& rule : rules.rules) {
    if (!rule.images.empty() && !fits(rule.images, base.repository)) continue;
    if (!rule.vendors.empty() && !holds(rule.vendors, base.vendor)) continue;
    if (!rule.tags.empty() && !base.tags.empty() && std::ranges::none_of(base.tags, [&](const std::string& tag) { return fits(rule.tags, tag); })) continue;
    if (!rule.digests.empty() && !base.digest.empty() && !holds(rule.digests, base.digest)) continue;
    if (!rule.digests.empty() && base.digest.empty()) return {&rule, "digest"};
    if (!rule.tags.empty() && base.tags.empty()) return {&rule, "tag"};
    return {&rule, {}};
  }
  return {};
}

Reason of_no_rule(const BaseRules& rules, std::string_view name) {
  if (rules.allow_others) return {Answer::Allowed, "bases", "default", fmt::format("no rule is about '{}', and the default is 'allow'", name), rules.why};
  return {Answer::Denied, "bases", "default", fmt::format("no rule is about '{}', and the default is 'deny'", name), rules.why, "take a base that a rule of the section 'bases' allows, or write a rule for this one"};
}

void Lines::between(Time now) {
  if (rule_.from && now < *rule_.from) denies(fmt::format("it is allowed from {} on, not yet", rule_.from->str()), "wait until then, or take another base");
  else if (rule_.until && now >= *rule_.until) denies(fmt::format("it was allowed until {}, no longer", rule_.until->str()), "take a base that is allowed now");
  else if (rule_.until) allows(fmt::format("it is allowed until {}", rule_.until->str()));
  else if (rule_.from) allows(fmt::format("it is allowed since {}", rule_.from->str()));
}

void Lines::selected(const SelectedBase* found, std::string_view name, Time now) {
  if (found == nullptr) return denies(fmt::format("'{}' is not in the selection", name), "take a base that is, or have it selected: `ashlar policy select`");
  if (now < found->from) return denies(fmt::format("'{}' is selected from {} on, not yet", name, found->from.str()), "wait until then, or take another base");
  if (found->until && now >= *found->until) return denies(fmt::format("'{}' was selected until {}, no longer", name, found->until->str()), "take a base that is selected now, or have it selected again: `ashlar policy select`");
  allows(fmt::format("'{}' is selected since {}, approved by '{}'", name, found->from.str(), visible(found->approved_by)));
}

void Lines::supported(const std::optional<Time>& until, Time now) {
  if (!until) return unknown("nobody says until when it is supported", "say it in the selection, or take a base whose support is known");
  if (now >= *until) return denies(fmt::format("its support ended on {}", until->str()), "take a version that is supported");
  allows(fmt::format("it is supported until {}", until->str()));
}

void Lines::age(const std::optional<Time>& created, Time now) {
  if (!created) return unknown("nothing tells when it was made", "take a base that says when it was made");
  if (is_to_come(*created, now)) return unknown(fmt::format("it says that it was made on {}, which is yet to come", created->str()), "take a base that says when it was made");
  const std::int64_t old = age_of(*created, now);
  const std::string said = fmt::format("it was made on {}, {} ago", created->str(), age_text(old));
  if (old > *rule_.max_age) return denies(fmt::format("{}: more than {}", said, age_text(*rule_.max_age)), "take a newer one, and build on it anew");
  allows(said);
}

}  // namespace ashlar::policy
