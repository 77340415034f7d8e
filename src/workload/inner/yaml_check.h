#pragma once
// What rules on YAML files share.
#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace ashlar::workload {

inline bool is_text(const YamlNode* node) { return node != nullptr && node->type == YamlNode::Type::Scalar && !node->text.empty(); }
inline bool says(const YamlNode* node, std::string_view text) { return is_text(node) && node->text == text; }
/// As readers of YAML 1.1 take them, which clusters and engines have.
inline bool is_one_of(const YamlNode* node, std::initializer_list<std::string_view> words) {
  return is_text(node) && std::ranges::any_of(words, [&](std::string_view each) { return std::ranges::equal(each, node->text, [](unsigned char a, unsigned char b) { return a == std::tolower(b); }); });
}
inline bool is_true(const YamlNode* node) { return is_one_of(node, {"true", "yes", "on", "y"}); }
inline bool is_false(const YamlNode* node) { return is_one_of(node, {"false", "no", "off", "n"}); }
/// `0`, `00`, `0x0`, `-0`: the number, whatever way it is written.
inline bool is_zero(const YamlNode* node) {
  if (!is_text(node)) return false;
  std::string_view digits = node->text;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  if (digits.starts_with("0x") || digits.starts_with("0o") || digits.starts_with("0b")) digits.remove_prefix(2);
  return digits.find('0') != std::string_view::npos && digits.find_first_not_of("0_") == std::string_view::npos;
}
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
