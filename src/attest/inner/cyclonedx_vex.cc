// CycloneDX 1.4 to 1.6, "vulnerabilities": the analysis of each, by components of the same document or of others (BOM-Link).
#include <algorithm>
#include <array>
#include <map>

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include "attest/inner/vex_forms.h"

namespace ashlar::attest {
namespace {

struct State {
  std::string_view word;
  VexStatus status;
};
// vulnerabilities[].analysis.state
constexpr std::array states = {State{"not_affected", VexStatus::NotAffected},     State{"false_positive", VexStatus::NotAffected}, State{"exploitable", VexStatus::Affected},
                               State{"resolved", VexStatus::Fixed},               State{"resolved_with_pedigree", VexStatus::Fixed}, State{"in_triage", VexStatus::UnderInvestigation}};

struct Justification {
  std::string_view word, openvex;
};
// vulnerabilities[].analysis.justification, in OpenVEX's words
constexpr std::array justifications = {Justification{"code_not_present", "vulnerable_code_not_present"},
                                       Justification{"code_not_reachable", "vulnerable_code_not_in_execute_path"},
                                       Justification{"requires_configuration", "vulnerable_code_cannot_be_controlled_by_adversary"},
                                       Justification{"requires_dependency", "component_not_present"},
                                       Justification{"requires_environment", "vulnerable_code_cannot_be_controlled_by_adversary"},
                                       Justification{"protected_by_compiler", "inline_mitigations_already_exist"},
                                       Justification{"protected_at_runtime", "inline_mitigations_already_exist"},
                                       Justification{"protected_at_perimeter", "inline_mitigations_already_exist"},
                                       Justification{"protected_by_mitigating_control", "inline_mitigations_already_exist"}};

/// Package URLs by `bom-ref`, components in components among them.
void collect(const Json& components, std::map<std::string, std::string>& purls, int depth = 0) {
  for (const Json& component : components) {
    const std::string ref = text_of(component, "bom-ref"), purl = text_of(component, "purl");
    if (!ref.empty() && !purl.empty()) purls[ref] = purl;
    if (depth < 20) collect(list_of(component, "components"), purls, depth + 1);
  }
}

/// What an `affects[].ref` means: a component of the document, a package URL itself, or the end of a BOM-Link (`urn:cdx:serial/version#ref`).
std::string product_of(const std::string& ref, const std::map<std::string, std::string>& purls) {
  if (const auto found = purls.find(ref); found != purls.end()) return found->second;
  const size_t hash = ref.find('#');
  if (!ref.starts_with("urn:cdx:") || hash == std::string::npos) return ref;
  const std::string inner = ref.substr(hash + 1);
  const auto found = purls.find(inner);
  return found == purls.end() ? inner : found->second;
}

}  // namespace

Result<VexDocument> read_cyclonedx_vex(const Json& document) {
  VexDocument out{.id = text_of(document, "serialNumber")};
  std::map<std::string, std::string> purls;
  collect(list_of(document, "components"), purls);
  if (const auto metadata = document.find("metadata"); metadata != document.end() && metadata->is_object()) {
    out.when = time_of(*metadata, "timestamp");
    for (const std::string_view key : {"supplier", "manufacturer"}) {
      if (out.author.empty() && metadata->contains(std::string(key))) out.author = text_of((*metadata)[std::string(key)], "name");
    }
    if (metadata->contains("component")) collect(Json::array({(*metadata)["component"]}), purls);
  }
  for (const Json& each : list_of(document, "vulnerabilities")) {
    VexStatement statement{.vulnerability = text_of(each, "id")};
    for (const Json& reference : list_of(each, "references")) {
      if (std::string alias = text_of(reference, "id"); !alias.empty()) statement.aliases.push_back(std::move(alias));
    }
    const auto analysis = each.is_object() ? each.find("analysis") : each.end();
    if (analysis == each.end() || !analysis->is_object()) continue;  // a vulnerability that nobody has judged is no statement
    const std::string word = text_of(*analysis, "state");
    const auto state = std::ranges::find(states, word, &State::word);
    if (state == states.end()) return fail(Kind::Corrupt, fmt::format("the analysis of '{}' has the state '{}', which CycloneDX does not know", statement.vulnerability, word));
    statement.status = state->status;
    const auto justification = std::ranges::find(justifications, text_of(*analysis, "justification"), &Justification::word);
    if (justification != justifications.end()) statement.justification = justification->openvex;
    statement.detail = text_of(*analysis, "detail");
    if (statement.detail.empty() && word == "false_positive") statement.detail = "a false positive";
    statement.when = time_of(*analysis, "lastUpdated");
    for (const Json& affects : list_of(each, "affects")) {
      if (const std::string ref = text_of(affects, "ref"); !ref.empty()) statement.products.push_back({product_of(ref, purls), {}});
    }
    add_statement(out, std::move(statement));
  }
  return out;
}

}  // namespace ashlar::attest
