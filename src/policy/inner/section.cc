#include "policy/inner/section.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/amount.h"

namespace ashlar::policy {

std::string Section::text(const YamlNode& in, std::string_view key) {
  const YamlNode* const node = in.find(key);
  if (node == nullptr) return {};
  if (node->type != YamlNode::Type::Scalar || node->text.empty()) fault(*node, "a text is expected here");
  return node->text;
}

std::vector<std::string> Section::texts(const YamlNode& in, std::string_view key) {
  const YamlNode* const node = in.find(key);
  return node == nullptr ? std::vector<std::string>() : texts(*node);
}

std::vector<std::string> Section::texts(const YamlNode& node) {
  std::vector<std::string> out;
  if (node.type == YamlNode::Type::Scalar && !node.text.empty()) return {node.text};
  if (node.type != YamlNode::Type::Sequence || node.items.empty()) fault(node, "a text, or a list of texts, is expected here");
  for (const YamlNode& each : node.items) {
    if (each.type != YamlNode::Type::Scalar || each.text.empty()) fault(each, "a text is expected here");
    else out.push_back(each.text);
  }
  return out;
}

std::vector<const YamlNode*> Section::items(const YamlNode& node, std::string message, std::string hint) {
  std::vector<const YamlNode*> out;
  if (node.type != YamlNode::Type::Sequence) fault(node, std::move(message), std::move(hint));
  for (const YamlNode& each : node.items) out.push_back(&each);
  return out;
}

std::optional<size_t> Section::one_of(const YamlNode& in, std::string_view key, std::span<const std::string_view> words) {
  const YamlNode* const node = in.find(key);
  if (node == nullptr) return std::nullopt;
  const auto found = std::ranges::find(words, node->text);
  if (node->type == YamlNode::Type::Scalar && found != words.end()) return static_cast<size_t>(found - words.begin());
  fault(*node, fmt::format("'{}' is none of {}", node->text, fmt::join(words, ", ")));
  return std::nullopt;
}

void Section::age(const YamlNode& in, std::string_view key, std::optional<std::int64_t>& out) {
  const YamlNode* const node = in.find(key);
  if (node == nullptr) return;
  const auto read = parse_age(node->text);
  if (read && *read > 0) out = *read;
  else fault(*node, read ? "an age of nothing admits nothing" : read.error().message, fmt::format("{}: 30d", key));
}

void Section::time(const YamlNode& in, std::string_view key, std::optional<Time>& out) {
  const YamlNode* const node = in.find(key);
  if (node == nullptr) return;
  const auto read = Time::parse(node->text);
  if (read) out = *read;
  else fault(*node, read.error().message, fmt::format("{}: 2026-11-24", key));
}

std::unexpected<Error> has_faults(std::string_view what, std::vector<Fault> faults) {
  auto error = cannot(Kind::Invalid, what, "it has faults");
  error.error().faults = std::move(faults);
  return error;
}

}  // namespace ashlar::policy
