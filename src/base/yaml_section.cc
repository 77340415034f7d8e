#include "base/yaml_section.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace ashlar {

namespace {
constexpr size_t most_faults = 100;  // nobody mends more at once, and each costs a walk to its line
constexpr size_t longest_key = 100;  // bytes of a key that a fault repeats
}  // namespace

void YamlSection::fault(const YamlNode& node, std::string message, std::string hint) {
  if (faults.size() > most_faults) return;
  if (faults.size() == most_faults) message = "there are more faults: mend these first", hint.clear();
  faults.push_back(document_.fault_at(node, std::move(message), std::move(hint)));
}

bool YamlSection::mapping(const YamlNode& node) {
  if (node.type == YamlNode::Type::Mapping) return true;
  fault(node, "a mapping is expected here");
  return false;
}

bool YamlSection::known(const YamlNode& node, std::span<const std::string_view> names) {
  if (!mapping(node)) return false;
  for (const auto& [key, value] : node.members) {
    if (std::ranges::find(names, key.text) != names.end()) continue;
    const std::string near = nearest(key.text, names);
    fault(key, fmt::format("unknown key '{}'", key.text.size() > longest_key ? key.text.substr(0, longest_key) + "..." : key.text), near.empty() ? fmt::format("there are {}", fmt::join(names, ", ")) : fmt::format("did you mean '{}'?", near));
  }
  return true;
}

void YamlSection::flag(const YamlNode& in, std::string_view key, bool& out) {
  const YamlNode* const node = in.find(key);
  if (node == nullptr) return;
  if (node->plain && (node->text == "true" || node->text == "false")) out = node->text == "true";
  else fault(*node, fmt::format("'{}' is neither true nor false", node->text));
}

}  // namespace ashlar
