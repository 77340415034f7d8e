#pragma once
// What reading any section of a policy takes.
#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "base/yaml.h"

namespace ashlar::policy {

class SectionReader {
 public:
  explicit SectionReader(const YamlDocument& document) : document_(document) {}
  std::vector<Fault> faults;

 protected:
  void fault(const YamlNode& node, std::string message, std::string hint = {}) { faults.push_back(document_.fault_at(node, std::move(message), std::move(hint))); }
  /// Whether it is a mapping; each of its keys that is none of `names` is a fault.
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

 private:
  const YamlDocument& document_;
};

}  // namespace ashlar::policy
