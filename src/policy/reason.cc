#include "policy/reason.h"

#include <algorithm>

namespace ashlar::policy {

std::string_view to_string(Answer answer) { return answer == Answer::Allowed ? "allowed" : answer == Answer::Denied ? "denied" : "unknown"; }

Answer answer_of(std::span<const Reason> reasons) {
  const auto any = [&](Answer answer) { return std::ranges::find(reasons, answer, &Reason::answer) != reasons.end(); };
  if (reasons.empty() || any(Answer::Unknown)) return Answer::Unknown;
  return any(Answer::Denied) ? Answer::Denied : Answer::Allowed;
}

}  // namespace ashlar::policy
