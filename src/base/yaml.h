#pragma once
// YAML 1.2 with the place of every value, within bounds that no text can exceed.
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ashlar {

/// One value of a document. Scalars keep their text as written (after escapes); whether one is a number is for the reader to say.
struct YamlNode {
  enum class Type { Null, Scalar, Sequence, Mapping };
  YamlNode();  // not implicit: clang would ask for the pair's constructor before the node is complete
  Type type = Type::Null;
  bool plain = false;  ///< a scalar without quotes or block style, so that `1` may be a number and `true` a bool
  int line = 0;        ///< from 1; a text in block style (`|`, `>`) stands at its first line
  int column = 0;      ///< from 1, in characters
  std::string text;    ///< of a Scalar
  std::vector<YamlNode> items;                                ///< of a Sequence
  std::vector<std::pair<YamlNode, YamlNode>> members;         ///< of a Mapping, in order; keys are Scalars and unique
  const YamlNode* find(std::string_view key) const;           ///< the value of a member, or null
};

struct YamlLimits {
  size_t bytes = 4 << 20;
  int depth = 64;
  size_t nodes = 200'000;  ///< after aliases are expanded
};

struct YamlDocument {
  std::string path;
  std::string text;  ///< the whole text, for excerpts
  YamlNode root;
  /// A fault at a node, with the excerpt of its line.
  Fault fault_at(const YamlNode& node, std::string message, std::string hint = {}) const;
};

/// Reads one document. Duplicate keys, keys that are no scalars, a second document, tags other than the core schema's, invalid UTF-8 and anything
/// over the limits are an Error of kind Invalid with a Fault. Anchors, aliases and merge keys (`<<`) are expanded.
Result<YamlDocument> parse_yaml(std::string text, std::string path, const YamlLimits& limits = {});

}  // namespace ashlar
