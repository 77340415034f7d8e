// ValidatingAdmissionPolicies: CEL on the manifest alone, in every API server from 1.30 on.
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "policy/inner/engines.h"

namespace ashlar::policy {
namespace {

constexpr const char* api = "admissionregistration.k8s.io/v1";

Json resource_rules() {
  Json out = Json::array();
  for (const PodKind& each : pod_kinds()) {
    if (out.empty() || out.back().at("apiGroups").at(0) != each.group) out.push_back({{"apiGroups", {each.group}}, {"apiVersions", {"v1"}}, {"operations", {"CREATE", "UPDATE"}}, {"resources", Json::array()}, {"scope", "Namespaced"}});
    out.back()["resources"].push_back(each.resource);
  }
  return out;
}

Json policy_of(const Policy& policy, const Place& place, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) {
  const PodCel cel = pod_cel(policy, *place.rules, wish, inputs, notes);
  Json variables = Json::array(), validations = Json::array();
  for (const CelVariable& each : cel.variables) variables.push_back({{"name", each.name}, {"expression", each.expression}});
  for (const CelCheck& each : cel.checks) validations.push_back({{"expression", each.expression}, {"message", each.message}, {"messageExpression", each.message_expression}, {"reason", "Forbidden"}});
  if (validations.empty()) return nullptr;
  return {{"apiVersion", api}, {"kind", "ValidatingAdmissionPolicy"}, {"metadata", {{"name", place.name}}},
          {"spec", {{"failurePolicy", "Fail"}, {"matchConstraints", {{"matchPolicy", "Equivalent"}, {"resourceRules", resource_rules()}}},
                    {"matchConditions", Json::array({{{"name", "not-being-deleted"}, {"expression", not_being_deleted()}}})}, {"variables", std::move(variables)}, {"validations", std::move(validations)}}}};
}

}  // namespace

void note_signatures(const Policy& policy, std::string_view engine, Notes& notes) {
  for (const VerifyRule& each : policy.verify->rules) {
    notes.add(Inexpressible::Effect::AdmitsMore, "verify", each.name, fmt::format("{} fetches neither signatures nor statements: who signed an image, who built it and how old that is is not asked; its name is", engine), "export to kyverno or to policy-controller, too, or have `ashlar verify --policy` run before whatever deploys");
  }
}

std::vector<Json> vap_manifests(const Policy& policy, const std::vector<Place>& places, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) {
  std::vector<Json> out;
  for (const Place& place : places) {
    if (policy.verify && place.rules->verify) note_signatures(policy, "an API server", notes);
    Json made = policy_of(policy, place, wish, inputs, notes);
    if (made.is_null()) continue;
    out.push_back(std::move(made));
    out.push_back({{"apiVersion", api}, {"kind", "ValidatingAdmissionPolicyBinding"}, {"metadata", {{"name", place.name}}},
                   {"spec", {{"policyName", place.name}, {"validationActions", wish.only_warn ? Json{"Warn", "Audit"} : Json::array({"Deny"})}, {"matchResources", {{"namespaceSelector", namespaces_of(place, places, wish)}}}}}});
  }
  return out;
}

}  // namespace ashlar::policy
