#pragma once
// What rules on YAML files share.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace ashlar::workload {

inline bool is_text(const YamlNode* node) { return node != nullptr && node->type == YamlNode::Type::Scalar && !node->text.empty(); }
inline bool says(const YamlNode* node, std::string_view text) { return is_text(node) && node->text == text; }
inline bool is_true(const YamlNode* node) { return says(node, "true"); }
inline bool is_false(const YamlNode* node) { return says(node, "false"); }
/// The member of a member; null where one of them is not there.
inline const YamlNode* find(const YamlNode* node, std::string_view key) { return node == nullptr ? nullptr : node->find(key); }

/// The texts of a list; of a text alone, that.
inline std::vector<std::string> texts_of(const YamlNode* node) {
  std::vector<std::string> out;
  if (node == nullptr) return out;
  if (is_text(node)) out.push_back(node->text);
  for (const YamlNode& each : node->items) out.push_back(each.text);
  return out;
}
inline bool has_text(const YamlNode* node, std::string_view text) {
  return node != nullptr && std::ranges::any_of(node->items, [&](const YamlNode& each) {
    return each.text.size() == text.size() && std::equal(text.begin(), text.end(), each.text.begin(), [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  });
}
/// Paths of the sockets of container engines.
inline bool is_engine_socket(std::string_view path) { return path.find("docker.sock") != std::string_view::npos || path.find("containerd.sock") != std::string_view::npos || path.find("podman.sock") != std::string_view::npos || path.find("crio.sock") != std::string_view::npos; }

}  // namespace ashlar::workload
