#include "policy/policy.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "policy/inner/bases_section.h"
#include "policy/inner/decisions_section.h"
#include "policy/inner/limits_section.h"
#include "policy/inner/sla_section.h"
#include "policy/inner/verify_section.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 9> sections = {"gate", "verify", "sla", "decisions", "bases", "findings", "content", "proofs", "environments"};
constexpr std::array<std::string_view, 6> environment_keys = {"exposed", "verify", "bases", "findings", "content", "proofs"};
constexpr std::array<std::string_view, 5> gate_keys = {"proofs", "run-tests", "coverage", "behaviour", "stop-on"};
constexpr std::array<std::string_view, 1> behaviour_keys = {"accept"};
constexpr std::array<std::string_view, 3> accept_keys = {"id", "subject", "reason"};

constexpr size_t enough_faults = 100;  // as many as one section says

class Reader : public YamlSection {
 public:
  explicit Reader(const YamlDocument& document) : YamlSection(document), document_(document) {}

  void read(const YamlNode& root, Policy& out) {
    if (root.type == YamlNode::Type::Null || !known(root, sections)) return;
    if (const YamlNode* node = root.find("gate"); node != nullptr && known(*node, gate_keys)) read_gate(*node, out.gate);
    if (const YamlNode* node = root.find("verify")) with<VerifySection>([&](auto& section) { section.read(*node, out.verify.emplace()); });
    if (const YamlNode* node = root.find("sla")) with<SlaSection>([&](auto& section) { section.read(*node, out.sla.emplace()); });
    if (const YamlNode* node = root.find("decisions")) with<DecisionsSection>([&](auto& section) { section.read(*node, out.decisions); });
    read_finished(root, out, out.finished);
    if (const YamlNode* node = root.find("environments")) read_environments(*node, out);
  }

 private:
  template <class Part>
  void with(const auto& read_it) {
    if (faults.size() > enough_faults) return;
    Part section(document_);
    read_it(section);
    std::ranges::move(section.faults, std::back_inserter(faults));
  }
  template <class T>
  static T& there(std::optional<T>& value) { return value ? *value : value.emplace(); }

  /// The sections on finished images that a mapping has, over what `rules` has already.
  void read_finished(const YamlNode& node, const Policy& policy, FinishedRules& rules) {
    std::vector<std::string> names;
    if (policy.verify) std::ranges::transform(policy.verify->rules, std::back_inserter(names), &VerifyRule::name);
    if (const YamlNode* part = node.find("bases")) with<BasesSection>([&](auto& section) { section.read(*part, policy.verify ? &names : nullptr, there(rules.bases)); });
    with<LimitsSection>([&](auto& section) {
      if (const YamlNode* part = node.find("findings")) section.read_findings(*part, there(rules.findings));
      if (const YamlNode* part = node.find("content")) section.read_content(*part, there(rules.content));
      if (const YamlNode* part = node.find("proofs")) section.read_proofs(*part, there(rules.proofs));
    });
  }
  void read_environments(const YamlNode& node, Policy& out) {
    if (!mapping(node)) return;
    for (const auto& [name, each] : node.members) {
      if (name.text.empty()) fault(name, "an environment needs a name");
      FinishedRules& rules = out.environments[name.text] = out.finished;
      if (each.type == YamlNode::Type::Null || !known(each, environment_keys)) continue;
      flag(each, "exposed", rules.exposed);
      flag(each, "verify", rules.verify);
      if (const YamlNode* const verify = each.find("verify"); verify != nullptr && rules.verify && !out.verify) fault(*verify, "the policy has no section 'verify'");
      read_finished(each, out, rules);
    }
  }
  void read_gate(const YamlNode& node, GateRules& out) {
    flag(node, "proofs", out.proofs);
    flag(node, "run-tests", out.run_tests);
    flag(node, "coverage", out.coverage);
    if (const YamlNode* const behaviour = node.find("behaviour")) read_behaviour(node, *behaviour, out);
    const YamlNode* const list = node.find("stop-on");
    if (list == nullptr) return;
    if (list->type != YamlNode::Type::Sequence) return fault(*list, "a list of rules is expected here", "stop-on: [fixable, critical]");
    out.stop_on.clear();
    for (const YamlNode& each : list->items) {
      auto rule = scan::parse_gate_rule(each.text);
      if (rule) out.stop_on.push_back(std::move(*rule));
      else fault(each, rule.error().message);
    }
  }
  /// `false`, `true`, or what is accepted.
  void read_behaviour(const YamlNode& gate, const YamlNode& node, GateRules& out) {
    if (node.type != YamlNode::Type::Mapping) return flag(gate, "behaviour", out.behaviour);
    if (!known(node, behaviour_keys)) return;
    const YamlNode* const list = node.find("accept");
    if (list == nullptr) return;
    if (list->type != YamlNode::Type::Sequence) return fault(*list, "a list of changes is expected here", "accept: [{id: file-gone, subject: /usr/share/x, reason: nobody read it}]");
    for (const YamlNode& each : list->items) {
      if (!known(each, accept_keys)) continue;
      AcceptedChange accepted;
      const size_t before = faults.size();
      for (const auto& [name, into] : {std::pair{"id", &accepted.id}, {"subject", &accepted.subject}, {"reason", &accepted.reason}}) {
        const YamlNode* const value = each.find(name);
        if (value != nullptr && (value->type != YamlNode::Type::Scalar || value->text.empty())) fault(*value, "a text is expected here");
        else if (value != nullptr) *into = value->text;
      }
      if (faults.size() > before) continue;
      if (accepted.id.empty() && accepted.subject.empty()) fault(each, "it names no change: say an 'id', a 'subject', or both");
      else if (accepted.reason.empty()) fault(each, "it has no reason");
      else out.accept.push_back(std::move(accepted));
    }
  }
  const YamlDocument& document_;
};

}  // namespace

const FinishedRules* rules_in(const Policy& policy, std::string_view environment) {
  if (environment.empty()) return &policy.finished;
  const auto found = policy.environments.find(environment);
  return found == policy.environments.end() ? nullptr : &found->second;
}

Policy read_policy(const YamlDocument& document, const YamlNode& node, std::vector<Fault>& faults) {
  Policy out{.path = document.path};
  Reader reader(document);
  reader.read(node, out);
  std::ranges::move(reader.faults, std::back_inserter(faults));
  return out;
}

Result<Policy> read_policy(std::string text, std::string path) {
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path));
  std::vector<Fault> faults;
  Policy out = read_policy(document, document.root, faults);
  if (!faults.empty()) return has_faults(fmt::format("read policy '{}'", path), std::move(faults));
  return out;
}

}  // namespace ashlar::policy
