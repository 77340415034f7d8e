// Constraint templates of Gatekeeper 3.18 and later, whose engine K8sNativeValidation evaluates the expressions that an API server would.
#include <nlohmann/json.hpp>
#include <set>

#include <fmt/format.h>

#include "policy/inner/engines.h"

namespace ashlar::policy {
namespace {

/// `ashlar-production` as `AshlarProduction`: the kind of a constraint.
std::string kind_of(std::string_view name) {
  std::string out;
  bool begins = true;
  for (const char c : name) {
    if (c == '-') begins = true;
    else out += begins && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c, begins = false;
  }
  return out.empty() || out[0] < 'A' || out[0] > 'Z' ? "X" + out : out;
}

std::string lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// The kind of a constraint whose template's name is not taken yet: `a-1` and `a1` are one without their dashes.
std::string fresh_kind(const std::string& name, std::set<std::string>& taken) {
  const std::string stem = kind_of(name);
  std::string out = stem;
  for (int number = 2; !taken.insert(lower(out)).second; ++number) out = fmt::format("{}{}", stem, number);
  return out;
}

Json kinds() {
  Json out = Json::array();
  for (const PodKind& each : pod_kinds()) {
    if (each.resource.find('/') != std::string_view::npos) continue;  // of a part the kind is that of the whole
    if (out.empty() || out.back().at("apiGroups").at(0) != each.group) out.push_back({{"apiGroups", {each.group}}, {"kinds", Json::array()}});
    out.back()["kinds"].push_back(each.kind);
  }
  return out;
}

Json template_of(const std::string& kind, const PodCel& cel) {
  // Where nobody asks (in an audit) there is no operation; what is being deleted may still be changed.
  constexpr const char* deleted = "(has(request.operation) && request.operation == 'UPDATE' && has(object.metadata.deletionTimestamp)) || ";
  Json variables = Json::array(), validations = Json::array();
  for (const CelVariable& each : cel.variables) variables.push_back({{"name", each.name}, {"expression", each.expression}});
  for (const CelCheck& each : cel.checks) validations.push_back({{"expression", deleted + each.expression}, {"message", each.message}, {"messageExpression", each.message_expression}});
  const Json code = {{"engine", "K8sNativeValidation"}, {"source", {{"failurePolicy", "Fail"}, {"variables", std::move(variables)}, {"validations", std::move(validations)}}}};
  return {{"apiVersion", "templates.gatekeeper.sh/v1"}, {"kind", "ConstraintTemplate"}, {"metadata", {{"name", lower(kind)}}},
          {"spec", {{"crd", {{"spec", {{"names", {{"kind", kind}}}}}}}, {"targets", Json::array({{{"target", "admission.k8s.gatekeeper.sh"}, {"code", Json::array({code})}}})}}}};
}

}  // namespace

std::vector<Json> gatekeeper_manifests(const Policy& policy, const std::vector<Place>& places, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) {
  std::vector<Json> out, constraints;
  std::set<std::string> taken;
  for (const Place& place : places) {
    if (policy.verify && place.rules->verify) note_signatures(policy, "Gatekeeper", notes);
    const PodCel cel = pod_cel(policy, *place.rules, wish, inputs, notes);
    if (cel.checks.empty()) continue;
    const std::string kind = fresh_kind(place.name, taken);
    out.push_back(template_of(kind, cel));
    constraints.push_back({{"apiVersion", "constraints.gatekeeper.sh/v1beta1"}, {"kind", kind}, {"metadata", {{"name", place.name}}},
                           {"spec", {{"enforcementAction", wish.only_warn ? "warn" : "deny"}, {"match", {{"scope", "Namespaced"}, {"kinds", kinds()}, {"namespaceSelector", namespaces_of(place, places, wish)}}}}}});
  }
  if (!out.empty()) notes.add(Inexpressible::Effect::AdmitsMore, "", "", "Gatekeeper lets pass what it is not asked about: its webhook must ask for containers that are added to look with (`pods/ephemeralcontainers`), and must fail closed", "set its `failurePolicy` to Fail, and look at the rules of its ValidatingWebhookConfiguration");
  // A cluster knows the kinds of constraints once it has their templates.
  out.insert(out.end(), std::make_move_iterator(constraints.begin()), std::make_move_iterator(constraints.end()));
  return out;
}

}  // namespace ashlar::policy
