#include "policy/policy.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "policy/inner/decisions_section.h"
#include "policy/inner/sla_section.h"
#include "policy/inner/verify_section.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 4> sections = {"gate", "verify", "sla", "decisions"};
constexpr std::array<std::string_view, 5> gate_keys = {"proofs", "run-tests", "coverage", "behaviour", "stop-on"};
constexpr std::array<std::string_view, 1> behaviour_keys = {"accept"};
constexpr std::array<std::string_view, 3> accept_keys = {"id", "subject", "reason"};

class Reader : public YamlSection {
 public:
  explicit Reader(const YamlDocument& document) : YamlSection(document), document_(document) {}

  void read(Policy& out) {
    if (document_.root.type == YamlNode::Type::Null || !known(document_.root, sections)) return;
    if (const YamlNode* node = document_.root.find("gate"); node != nullptr && known(*node, gate_keys)) read_gate(*node, out.gate);
    if (const YamlNode* node = document_.root.find("verify")) {
      VerifySection section(document_);
      section.read(*node, out.verify.emplace());
      std::ranges::move(section.faults, std::back_inserter(faults));
    }
    if (const YamlNode* node = document_.root.find("sla")) {
      SlaSection section(document_);
      section.read(*node, out.sla.emplace());
      std::ranges::move(section.faults, std::back_inserter(faults));
    }
    if (const YamlNode* node = document_.root.find("decisions")) {
      DecisionsSection section(document_);
      section.read(*node, out.decisions);
      std::ranges::move(section.faults, std::back_inserter(faults));
    }
  }

 private:
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

Result<Policy> read_policy(std::string text, std::string path) {
  TRY_ASSIGN(const YamlDocument document, parse_yaml(std::move(text), path));
  Policy out{.path = path};
  Reader reader(document);
  reader.read(out);
  if (reader.faults.empty()) return out;
  auto error = cannot(Kind::Invalid, fmt::format("read policy '{}'", path), "it has faults");
  error.error().faults = std::move(reader.faults);
  return error;
}

}  // namespace ashlar::policy
