#include "prove/check.h"

namespace ashlar::prove {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::Passed: return "passed";
    case Outcome::Failed: return "failed";
    case Outcome::NotApplicable: return "not-applicable";
    case Outcome::Excused: return "excused";
  }
  return "failed";
}

}  // namespace ashlar::prove
