#pragma once
// YAML of programs that give values tags of their own, as GitLab's `!reference`.
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/yaml.h"

namespace ashlar {

struct YamlTags {
  std::span<const std::string_view> taken;                ///< as they are written, beside the core schema's; borrowed
  std::map<std::pair<int, int>, std::string_view> found{};  ///< by line and column of the value that has one, or is an alias of such; texts of `taken`
};

/// As parse_yaml() of yaml.h, and takes those tags, too: the value is read as if it had none.
Result<YamlDocument> parse_yaml(std::string text, std::string path, const YamlLimits& limits, YamlTags& tags);

}  // namespace ashlar
