// read_policy, read_cases: errors say what they are about, and where; what was read judges without falling, and the same each time.
#include "fuzz.h"
#include "policy/cases.h"

namespace {

using namespace ashlar;

void hold(const Error& error, std::string_view begins) {
  fuzz::must(error.kind == Kind::Invalid, "a text that cannot be read is invalid");
  fuzz::must(!error.message.empty(), "an error has words");
  if (error.message.ends_with("it has faults")) fuzz::must(error.message.starts_with(begins) && !error.faults.empty(), "faults are said, of what was read");
  for (const Fault& each : error.faults) fuzz::must(each.line > 0 && each.column > 0 && !each.message.empty(), "a fault has its place and words");
}

void hold(const std::vector<policy::Reason>& reasons) {
  fuzz::must(!reasons.empty(), "a judgement has reasons");
  for (const policy::Reason& each : reasons) {
    if (each.rule == "pending") continue;
    fuzz::must(!each.what.empty() && each.remedy.empty() == (each.answer == policy::Answer::Allowed), "a refusal says what to do");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text(data, size));
  const auto read = policy::read_policy(text, "x.yaml");
  if (!read) hold(read.error(), "cannot read policy 'x.yaml'");
  const auto cases = policy::read_cases(text, "x.yaml");
  if (!cases) hold(cases.error(), "cannot read cases 'x.yaml'");
  const policy::Policy silent;
  if (read) {
    const policy::FinishedImage image;
    const auto judgement = policy::judge(*read, image, "", Time{0});
    hold(judgement.reasons);
    fuzz::must(judgement.reasons == policy::judge(*read, image, "", Time{0}).reasons, "the same policy says the same");
    for (const auto& [name, rules] : read->environments) hold(policy::judge(*read, image, name, Time{0}).reasons);
  }
  if (!cases) return 0;
  for (const policy::Case& each : cases->cases) {
    const auto result = policy::run(cases->own ? *cases->own : silent, each);
    if (!each.reference) hold(result.reasons);
    fuzz::must(result.wrong == policy::run(cases->own ? *cases->own : silent, each).wrong, "the same case comes to the same");
  }
  return 0;
}
