#include "policy/policy.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "base/yaml.h"

namespace ashlar::policy {
namespace {

constexpr std::array<std::string_view, 1> sections = {"gate"};
constexpr std::array<std::string_view, 4> gate_keys = {"proofs", "run-tests", "coverage", "stop-on"};

class Reader {
 public:
  explicit Reader(const YamlDocument& document) : document_(document) {}

  void read(Policy& out) {
    if (document_.root.type == YamlNode::Type::Null || !known(document_.root, sections)) return;
    if (const YamlNode* node = document_.root.find("gate"); node != nullptr && known(*node, gate_keys)) read_gate(*node, out.gate);
  }
  std::vector<Fault> faults;

 private:
  void fault(const YamlNode& node, std::string message, std::string hint = {}) { faults.push_back(document_.fault_at(node, std::move(message), std::move(hint))); }
  bool known(const YamlNode& node, std::span<const std::string_view> names) {
    if (node.type != YamlNode::Type::Mapping) {
      fault(node, "a mapping is expected here");
      return false;
    }
    for (const auto& [key, value] : node.members) {
      if (std::ranges::find(names, key.text) != names.end()) continue;
      const std::string near = nearest(key.text, names);
      fault(key, fmt::format("unknown key '{}'", key.text), near.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
    }
    return true;
  }
  void flag(const YamlNode& in, std::string_view key, bool& out) {
    const YamlNode* const node = in.find(key);
    if (node == nullptr) return;
    if (node->plain && (node->text == "true" || node->text == "false")) out = node->text == "true";
    else fault(*node, fmt::format("'{}' is neither true nor false", node->text));
  }
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
