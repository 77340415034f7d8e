#include "policy/bases.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/base_lines.h"

namespace ashlar::policy {
namespace {

/// What stands for a reference without tag and digest, as clients read it.
constexpr std::string_view usual_tag = "latest";

/// The tags of what is pulled: of a reference by digest those that the selection has, for the one that stands beside a digest is not looked at by who pulls it.
std::vector<std::string> tags_known(const Selection* selection, const NamedReference& reference) {
  if (reference.digest.empty()) return {reference.tag.empty() ? std::string(usual_tag) : reference.tag};
  return selection == nullptr ? std::vector<std::string>() : tags_of(*selection, reference.repository, reference.digest);
}

void ask_selected(const BaseRules& rules, const Selection* selection, const NamedReference& reference, Time now, Lines& lines, ReferenceVerdict& out) {
  if (selection == nullptr) {
    lines.unknown(rules.selection.empty() ? "the policy names no selection to look it up in" : fmt::format("the selection '{}' was not read", rules.selection), "name it in the section's 'selection', and have it at hand");
    return;
  }
  const SelectedBase* const found = find(*selection, reference.repository, reference.tag.empty() && reference.digest.empty() ? usual_tag : std::string_view(reference.tag), reference.digest);
  lines.selected(found, reference.written, now);
  if (found != nullptr && found->supported_until && lines.rule().supported) lines.supported(found->supported_until, now);
  else if (lines.rule().supported) out.pending.emplace_back("whether it is supported");
}

/// Of a reference, each line of its rule.
void ask_rule(const BaseRules& rules, const Selection* selection, const NamedReference& reference, Time now, Lines& lines, ReferenceVerdict& out) {
  const BaseRule& rule = lines.rule();
  if (rule.pinned && reference.digest.empty()) lines.denies(fmt::format("'{}' has no digest: its tag may point at another image tomorrow", reference.written), "write it with its digest, `NAME:TAG@sha256:...`");
  else if (rule.pinned) lines.allows(fmt::format("'{}' has a digest", reference.written));
  lines.between(now);
  if (!rule.vendors.empty()) out.pending.push_back(fmt::format("the signature of '{}'", reference.vendor));
  if (rule.selected) ask_selected(rules, selection, reference, now, lines, out);
  else if (rule.supported) out.pending.emplace_back("whether it is supported");
  if (rule.has_signature) out.pending.emplace_back("its signature");
  if (rule.max_age) out.pending.emplace_back("how old it is");
}

}  // namespace

ReferenceVerdict ask_reference(const BaseRules& rules, const Selection* selection, const NamedReference& reference, Time now) {
  ReferenceVerdict out;
  const std::vector<std::string> tags = tags_known(selection, reference);
  const Found found = rule_about(rules, {reference.repository, tags, reference.digest, reference.vendor});
  if (found.rule == nullptr) {
    out.reasons.push_back(of_no_rule(rules, reference.written));
  } else {
    out.rule = found.rule->name;
    Lines lines(*found.rule, out.reasons);
    if (found.lacks == "tag") {
      lines.unknown(fmt::format("whether the rule is about '{}' depends on its tag: by its digest it is pulled, {}, and the selection has no tag of that digest", reference.written, reference.tag.empty() ? "which tells none" : "whatever tag stands beside"),
                    "have it selected by its tag (`ashlar policy select`), or name its digest in a rule");
      out.pending.push_back("its " + found.lacks);
    } else if (!found.lacks.empty()) {
      lines.unknown(fmt::format("whether the rule is about '{}' depends on its {}, which it does not say", reference.written, found.lacks), fmt::format("write it with its {}", found.lacks));
      out.pending.push_back("its " + found.lacks);
    } else if (found.rule->deny) {
      lines.denies(fmt::format("'{}' is one that the rule denies", reference.written), "take another base");
    } else {
      lines.allows(fmt::format("'{}' is one that the rule is about", reference.written));
      ask_rule(rules, selection, reference, now, lines, out);
    }
  }
  const auto denied = std::ranges::find(out.reasons, Answer::Denied, &Reason::answer);
  if (denied != out.reasons.end()) {
    // What is wrong with the reference itself is wrong whatever the image is.
    out.answer = Answer::Denied;
    out.remedy = denied->remedy;
    out.pending.clear();
    return out;
  }
  out.answer = out.pending.empty() ? answer_of(out.reasons) : Answer::Unknown;
  return out;
}

}  // namespace ashlar::policy
