#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/asked.h"
#include "policy/inner/base_lines.h"

namespace ashlar::policy {
namespace {

/// The base for words.
std::string name_of(const BaseFacts& base) {
  std::string out = visible(base.repository);
  if (!base.tags.empty()) out += ":" + visible(base.tags.front());
  return base.digest.empty() ? out : out + "@" + base.digest;
}

void ask_vendor(const BaseFacts& base, Lines& lines) {
  if (!base.vendor_signatures) return lines.unknown(fmt::format("whether '{}' is of '{}' was not looked at: its name alone proves nothing", name_of(base), base.vendor), "have the vendor's keys at hand, so that their signatures can be checked");
  if (base.vendor_signatures->allowed) return lines.allows(fmt::format("it is of '{}', whose signature is good", base.vendor));
  const auto [what, remedy] = why_not(*base.vendor_signatures);
  lines.denies(fmt::format("it is not proved to be of '{}': {}", base.vendor, what), remedy);
}

void ask_signature(const BaseFacts& base, Lines& lines) {
  const std::string& wanted = lines.rule().signature;
  if (!base.signatures) return lines.unknown("who signed the base was not looked at", "let the signatures be checked: the policy's section 'verify' says whose count");
  if (!base.signatures->allowed) {
    const auto [what, remedy] = why_not(*base.signatures);
    return lines.denies(fmt::format("the base is not admitted by the section 'verify': {}", what), remedy);
  }
  if (!wanted.empty() && base.signatures->rule != wanted) return lines.denies(fmt::format("the base is admitted by the rule '{}' of the section 'verify', not by '{}'", base.signatures->rule, wanted), fmt::format("take a base that the rule '{}' is about", wanted));
  lines.allows(base.signatures->rule.empty() ? "the section 'verify' admits the base" : fmt::format("the rule '{}' of the section 'verify' admits the base", base.signatures->rule));
}

void ask_selected(const BaseFacts& base, Time now, Lines& lines) {
  if (!base.selection_unread.empty()) return lines.unknown(fmt::format("the selection does not count: {}", visible(base.selection_unread)), "have the selection at hand, signed by whom the policy believes");
  lines.selected(base.selected, name_of(base), now);
}

/// The earlier of what the base says itself and what its selection says.
std::optional<Time> support_of(const BaseFacts& base) {
  std::optional<Time> out = base.supported_until;
  if (base.selected != nullptr && base.selected->supported_until && (!out || *base.selected->supported_until < *out)) out = base.selected->supported_until;
  return out;
}

}  // namespace

void ask_base(const BaseRules& rules, const FinishedImage& image, Time now, std::vector<Reason>& out) {
  const BaseFacts& base = image.base;
  if (base.how == BaseFacts::How::Unknown) {
    out.push_back({Answer::Unknown, "bases", "default", fmt::format("on which base it sits is not known{}{}", base.words.empty() ? "" : ": ", visible(base.words)), rules.why, "name the base with --base, or build on a base that the selection or the ledger has, without squashing its layers"});
    return;
  }
  if (base.how == BaseFacts::How::None) {
    if (rules.allow_scratch) out.push_back({Answer::Allowed, "bases", "scratch", "it has no base, and 'scratch' is 'allow'", rules.why});
    else out.push_back({Answer::Denied, "bases", "scratch", "it has no base, and 'scratch' is 'deny'", rules.why, "build it on a base that is allowed, or say `scratch: allow` in the section 'bases'"});
    return;
  }
  const Found found = rule_about(rules, {base.repository, base.tags, base.digest, base.vendor});
  if (found.rule == nullptr) {
    out.push_back(of_no_rule(rules, name_of(base)));
    return;
  }
  const BaseRule& rule = *found.rule;
  Lines lines(rule, out);
  if (!found.lacks.empty()) return lines.unknown(fmt::format("whether the rule is about '{}' depends on its {}, which is not known", name_of(base), found.lacks), fmt::format("name the base with its {}: --base", found.lacks));
  if (rule.deny) return lines.denies(fmt::format("'{}' is a base that the rule denies", name_of(base)), "build on another base");
  lines.allows(fmt::format("it sits on '{}'{}", name_of(base), base.words.empty() ? "" : fmt::format(" ({})", visible(base.words))));
  lines.between(now);
  if (!rule.vendors.empty()) ask_vendor(base, lines);
  if (rule.selected) ask_selected(base, now, lines);
  if (rule.has_signature) ask_signature(base, lines);
  if (rule.max_age) lines.age(base.created, now);
  if (rule.supported) lines.supported(support_of(base), now);
}

}  // namespace ashlar::policy
