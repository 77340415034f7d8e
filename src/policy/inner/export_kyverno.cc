// ClusterPolicies of Kyverno 1.13 and later: the manifest by CEL, as an API server would, and signatures by Kyverno's rules on images.
#include <algorithm>
#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "base/text.h"
#include "policy/inner/cel.h"
#include "policy/inner/kyverno_signatures.h"

namespace ashlar::policy {
namespace {

using Effect = Inexpressible::Effect;

Json match_of(const Json& namespaces, bool templates) {
  Json kinds = Json::array();
  for (const PodKind& each : pod_kinds()) {
    if (each.resource.find('/') == std::string_view::npos && (templates || each.kind != "PodTemplate")) kinds.push_back(each.kind);
  }
  Json resources = {{"kinds", std::move(kinds)}, {"operations", {"CREATE", "UPDATE"}}};
  if (!namespaces.empty()) resources["namespaceSelector"] = namespaces;
  return {{"any", Json::array({{{"resources", std::move(resources)}}})}};
}

/// `a ? 0 : b ? 1 : -1`
std::string chain(const std::vector<std::string>& conditions) {
  std::string out;
  for (size_t at = 0; at < conditions.size(); ++at) out += fmt::format("{} ? {} : ", conditions[at], at);
  return out + "-1";
}

/// Kyverno must hold each image to the rule that the policy has for it: patterns say less than globs, and short names are made whole by Kyverno's own setting.
void add_assignment(PodCel& cel, const std::vector<KyvernoImages>& images, const ExportInputs& inputs, Notes& notes) {
  std::vector<std::string> ours, theirs;
  std::string impossible;
  for (size_t at = 0; at < images.size(); ++at) {
    std::vector<std::string> patterns;
    for (const std::string& each : images[at].patterns) patterns.push_back(regex_of_pattern(each));
    ours.push_back(fmt::format("i.repository.matches({})", cel::text(cel::regex_of(images[at].rule->images))));
    theirs.push_back(patterns.empty() ? "false" : fmt::format("i.kyverno.matches({})", cel::text(fmt::format("^(?:{})$", join(patterns, "|")))));
    if (images[at].verify.is_null()) impossible += fmt::format("{}{}", impossible.empty() ? "" : ", ", at);
  }
  const std::string whole = inputs.registries.host.empty() ? std::string("n") : fmt::format("n.matches('^(?:localhost|[^/]*[.:A-Z][^/]*)/') ? n : {} + n", cel::text(inputs.registries.host + "/"));
  cel.variables.push_back({"signed", fmt::format("variables.images.map(i, {{'written': i.written, 'repository': i.repository, 'kyverno': [i.written.find('^(?:[^/@]*/)*[^/:@]*')].map(n, {})[0] + (i.digest == '' ? ':' + i.tag : '@' + i.digest)}})", whole)});
  cel.variables.push_back({"misread", fmt::format("variables.signed.filter(i, ({}) != ({})).map(i, i.written)", chain(ours), chain(theirs))});
  const std::string message = "images that Kyverno would hold to another rule on signatures than the policy: write their full names";
  cel.checks.push_back({"misread", "variables.misread.size() == 0", message, fmt::format("{} + variables.misread.join(', ')", cel::text(message + ": "))});
  if (!inputs.registries.host.empty()) notes.add(Effect::DeniesMore, "verify", "", fmt::format("names without a host are made whole by Kyverno's own setting, which must be '{}'; where that gives another name than the policy has, they are denied", inputs.registries.host), "write full names in pods");
  for (const std::string& each : inputs.registries.also) notes.add(Effect::DeniesMore, "verify", "", fmt::format("other names of a host are other hosts to Kyverno: '{}.{}' is denied", each, inputs.registries.host), "write the host's own name in pods");
  if (impossible.empty()) return;
  cel.variables.push_back({"unsigned", fmt::format("variables.signed.filter(i, ({}) in [{}]).map(i, i.written)", chain(ours), impossible)});
  const std::string never = "images of rules on signatures that nothing can meet as they were exported";
  cel.checks.push_back({"unsigned", "variables.unsigned.size() == 0", never, fmt::format("{} + variables.unsigned.join(', ')", cel::text(never + ": "))});
}

Json manifest_rule(const PodCel& cel, const Json& namespaces, const ExportWish& wish) {
  Json variables = Json::array(), expressions = Json::array();
  for (const CelVariable& each : cel.variables) variables.push_back({{"name", each.name}, {"expression", each.expression}});
  for (const CelCheck& each : cel.checks) expressions.push_back({{"expression", each.expression}, {"message", unfilled(each.message)}, {"messageExpression", each.message_expression}});
  return {{"name", "manifest"}, {"match", match_of(namespaces, true)}, {"celPreconditions", Json::array({{{"name", "not-being-deleted"}, {"expression", not_being_deleted()}}})},
          {"validate", {{"failureAction", wish.only_warn ? "Audit" : "Enforce"}, {"cel", {{"variables", std::move(variables)}, {"expressions", std::move(expressions)}}}}}};
}

}  // namespace

std::vector<Json> kyverno_manifests(const Policy& policy, const std::vector<Place>& places, const ExportWish& wish, const ExportInputs& inputs, Notes& notes) {
  std::vector<Json> out;
  for (const Place& place : places) {
    const Json namespaces = namespaces_of(place, places, wish);
    PodCel cel = pod_cel(policy, *place.rules, wish, inputs, notes);
    std::vector<KyvernoImages> images;
    if (policy.verify && place.rules->verify) images = kyverno_images(policy, wish, inputs, notes);
    if (!images.empty()) add_assignment(cel, images, inputs, notes);
    Json rules = Json::array();
    if (!cel.checks.empty()) rules.push_back(manifest_rule(cel, namespaces, wish));
    for (size_t at = 0; at < images.size(); ++at) {
      if (!images[at].verify.is_null()) rules.push_back({{"name", fmt::format("verify-{}-{}", at, kubernetes_name(images[at].rule->name))}, {"match", match_of(namespaces, false)}, {"verifyImages", Json::array({images[at].verify})}});
    }
    if (rules.empty()) continue;
    out.push_back({{"apiVersion", "kyverno.io/v1"}, {"kind", "ClusterPolicy"}, {"metadata", {{"name", place.name}, {"annotations", {{"pod-policies.kyverno.io/autogen-controllers", "none"}}}}},
                   {"spec", {{"background", false}, {"webhookConfiguration", {{"failurePolicy", "Fail"}, {"timeoutSeconds", 30}}}, {"rules", std::move(rules)}}}});
  }
  return out;
}

}  // namespace ashlar::policy
