#include "policy/finished.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/asked.h"

namespace ashlar::policy {
namespace {

/// Names of the policy's environments.
std::string environments_of(const Policy& policy) {
  std::vector<std::string> out;
  for (const auto& [name, rules] : policy.environments) out.push_back(name);
  return out.empty() ? "it has none" : "there are " + join(out, ", ");
}

}  // namespace

std::pair<std::string, std::string> why_not(const VerifyVerdict& verdict) {
  const auto fails = std::ranges::find(verdict.reasons, false, &VerifyReason::holds);
  if (fails != verdict.reasons.end()) return {visible(fails->what), fails->remedy};
  return {"the rule asks for nothing, and so admits nothing", "say in the rule who must have signed what"};
}

void ask_signatures(const FinishedImage& image, std::vector<Reason>& out) {
  if (!image.signatures) {
    out.push_back({Answer::Unknown, "verify", "signed-by", "who signed the image was not looked at", {}, "let the signatures be checked"});
    return;
  }
  const VerifyVerdict& verdict = *image.signatures;
  const std::string prefix = verdict.rule.empty() ? std::string() : verdict.rule + "/";
  for (const VerifyReason& each : verdict.reasons) out.push_back({each.holds ? Answer::Allowed : Answer::Denied, "verify", prefix + each.rule, visible(each.what), {}, each.remedy});
  const bool denied = std::ranges::any_of(verdict.reasons, [](const VerifyReason& each) { return !each.holds; });
  if (verdict.allowed && verdict.reasons.empty()) out.push_back({Answer::Allowed, "verify", verdict.rule, "the rule admits it"});
  if (!verdict.allowed && !denied) {
    const auto [what, remedy] = why_not(verdict);
    out.push_back({Answer::Denied, "verify", verdict.rule, what, {}, remedy});
  }
}

FindingClocks clocks_of(std::span<const Clock> clocks, std::string_view image, std::string_view environment) {
  FindingClocks out;
  // A clock of the environment itself tells more than the one that runs until a fix is published.
  for (const bool own : {false, true}) {
    for (const Clock& each : clocks) {
      if (each.image != image || (own ? environment.empty() || each.environment != environment : !each.environment.empty())) continue;
      FindingClock& clock = out[{each.vulnerability, each.package}];
      if (!each.open.empty()) clock.first_seen = each.open.front().from;
      clock.breached = each.state == Clock::State::Breached;
    }
  }
  return out;
}

Judgement judge(const Policy& policy, const FinishedImage& image, std::string_view environment, Time now) {
  Judgement out{.ref = image.ref, .digest = image.digest, .platform = image.platform, .environment = std::string(environment), .now = now};
  const FinishedRules* const rules = rules_in(policy, environment);
  if (rules == nullptr) {
    out.reasons.push_back({Answer::Unknown, "environments", out.environment, fmt::format("the policy has no environment '{}': {}", visible(environment), environments_of(policy)), {}, "name one that it has, or write it into the section 'environments'"});
    return out;
  }
  if (rules->bases) ask_base(*rules->bases, image, now, out.reasons);
  if (policy.verify && rules->verify) ask_signatures(image, out.reasons);
  if (rules->findings) ask_findings(*rules->findings, rules->exposed, image, now, out.reasons);
  if (rules->content) ask_content(*rules->content, image, out.reasons);
  if (rules->proofs) ask_proofs(*rules->proofs, image, out.reasons);
  if (out.reasons.empty()) out.reasons.push_back({Answer::Unknown, "policy", "", "the policy says nothing of finished images", {}, "write what it holds them to: `ashlar policy init` writes a beginning"});
  out.answer = answer_of(out.reasons);
  return out;
}

}  // namespace ashlar::policy
