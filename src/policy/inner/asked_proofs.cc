#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/asked.h"

namespace ashlar::policy {
namespace {

constexpr const char* run_it = "run it: `ashlar test`";

const Checked* find(const FinishedImage& image, std::string_view id) {
  const auto found = std::ranges::find(image.proofs, id, &Checked::id);
  return found == image.proofs.end() ? nullptr : &*found;
}

std::string evidence_of(const Checked& check) {
  if (check.evidence.empty()) return {};
  return ": " + visible(check.evidence.front()) + (check.evidence.size() > 1 ? fmt::format(" and {} more", check.evidence.size() - 1) : std::string());
}

/// Whether it says nothing: it was not run, or there was no second build to compare the image with.
bool says_nothing(const Checked* check) { return check == nullptr || check->answer == Checked::Answer::NotRun || (check->inapplicable && check->id == "reproducible"); }

Reason reason_of(const ProofRule& rule, const Checked* check) {
  Reason out{.section = "proofs", .rule = rule.id, .why = rule.why};
  if (says_nothing(check)) {
    out.answer = Answer::Unknown;
    out.what = fmt::format("'{}' was not run{}", check == nullptr ? rule.id : check->id, check == nullptr ? std::string() : evidence_of(*check));
    out.remedy = run_it;
  } else if (check->answer == Checked::Answer::Failed) {
    out.answer = Answer::Denied;
    out.what = fmt::format("'{}' fails{}", check->id, evidence_of(*check));
    out.remedy = fmt::format("mend it; `ashlar test` shows all that '{}' found", check->id);
  } else if (check->inapplicable && std::ranges::find(content_kinds, check->id, &ContentKind::check) != content_kinds.end()) {
    out.answer = Answer::Denied;
    out.what = fmt::format("'{}' was not asked of it: what it looks for is there on purpose{}", check->id, evidence_of(*check));
    out.remedy = "take the variant without it";
  } else {
    out.what = fmt::format("'{}' holds{}", check->id, check->inapplicable ? ": there is nothing to hold" : check->excused ? ", but for what is excused" + evidence_of(*check) : std::string());
  }
  return out;
}

}  // namespace

void ask_content(const ContentRules& rules, const FinishedImage& image, std::vector<Reason>& out) {
  for (size_t at = 0; at < rules.size(); ++at) {
    const ContentRule& rule = rules[at];
    const ContentKind& kind = content_kinds[at];
    if (rule.rule == ContentRule::Rule::Unasked) continue;
    Reason reason{.section = "content", .rule = std::string(kind.name), .why = rule.why};
    const Checked* const check = find(image, kind.check);
    if (rule.rule == ContentRule::Rule::Allow) {
      reason.what = fmt::format("{} may be in it", kind.noun);
    } else if (says_nothing(check)) {
      reason.answer = Answer::Unknown;
      reason.what = fmt::format("whether it has {} is not known: '{}' was not run{}", kind.noun, kind.check, check == nullptr ? std::string() : evidence_of(*check));
      reason.remedy = run_it;
    } else if (check->answer == Checked::Answer::Failed || check->inapplicable || (check->excused && rule.rule == ContentRule::Rule::Deny)) {
      reason.answer = Answer::Denied;
      reason.what = fmt::format("it has {}{}{}", kind.noun, check->answer == Checked::Answer::Failed ? "" : ", on purpose", evidence_of(*check));
      reason.remedy = fmt::format("take it out, or take the variant of the base without it; `ashlar test` shows all that '{}' found", kind.check);
    } else {
      reason.what = check->excused ? fmt::format("it has {} only as its definition excuses{}", kind.noun, evidence_of(*check)) : fmt::format("'{}' shows that it does not have {}", kind.check, kind.noun);
    }
    out.push_back(std::move(reason));
  }
}

void ask_proofs(const std::vector<ProofRule>& rules, const FinishedImage& image, std::vector<Reason>& out) {
  for (const ProofRule& rule : rules) {
    if (rule.id != every_run_test) {
      out.push_back(reason_of(rule, find(image, rule.id)));
      continue;
    }
    const size_t before = out.size();
    for (const Checked& check : image.proofs) {
      if (check.id.starts_with("run:")) out.push_back(reason_of(rule, &check));
    }
    if (out.size() == before) out.push_back({Answer::Unknown, "proofs", rule.id, "no run test was run", rule.why, "run them with the image's definition: `ashlar test --definition FILE`"});
  }
}

}  // namespace ashlar::policy
