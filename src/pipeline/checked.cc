#include "pipeline/checked.h"

namespace ashlar::pipeline {

std::vector<policy::Checked> checked(std::span<const prove::Check> checks) {
  using Answer = policy::Checked::Answer;
  std::vector<policy::Checked> out;
  for (const prove::Check& each : checks) {
    const bool idle = each.outcome == prove::Outcome::NotApplicable, not_run = idle && each.id.starts_with("run:");
    out.push_back({.id = each.id, .title = each.title, .answer = each.outcome == prove::Outcome::Failed ? Answer::Failed : not_run ? Answer::NotRun : Answer::Held, .evidence = each.evidence, .excused = each.outcome == prove::Outcome::Excused, .inapplicable = idle});
  }
  return out;
}

}  // namespace ashlar::pipeline
