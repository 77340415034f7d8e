#include "policy/judgement_forms.h"

#include <nlohmann/json.hpp>

namespace ashlar::policy {

Json to_json(const Reason& reason) {
  Json out = {{"answer", to_string(reason.answer)}, {"section", reason.section}, {"rule", reason.rule}, {"what", reason.what}};
  if (!reason.why.empty()) out["why"] = reason.why;
  if (!reason.remedy.empty()) out["remedy"] = reason.remedy;
  return out;
}

Json to_json(const Judgement& judgement) {
  Json reasons = Json::array();
  for (const Reason& each : judgement.reasons) reasons.push_back(to_json(each));
  return {{"schema", judgement_uri}, {"verdict", to_string(judgement.answer)}, {"image", {{"ref", judgement.ref}, {"digest", judgement.digest}, {"platform", judgement.platform}}},
          {"environment", judgement.environment}, {"now", judgement.now.str()}, {"reasons", std::move(reasons)}};
}

}  // namespace ashlar::policy
