#include "policy/policy.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "policy/inner/verify_section.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 2> sections = {"gate", "verify"};
constexpr std::array<std::string_view, 4> gate_keys = {"proofs", "run-tests", "coverage", "stop-on"};

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
  }

 private:
  void read_gate(const YamlNode& node, GateRules& out) {
    flag(node, "proofs", out.proofs);
    flag(node, "run-tests", out.run_tests);
    flag(node, "coverage", out.coverage);
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
