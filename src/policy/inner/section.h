#pragma once
// What the sections of a policy, and files like it, read alike.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/yaml_section.h"

namespace ashlar::policy {

class Section : public YamlSection {
 public:
  using YamlSection::YamlSection;

 protected:
  /// The text of a member; empty where it lacks, and a fault where it is none.
  std::string text(const YamlNode& in, std::string_view key);
  /// One text or a list of them.
  std::vector<std::string> texts(const YamlNode& node);
  std::vector<std::string> texts(const YamlNode& in, std::string_view key);
  /// What a list has; a fault where it is none.
  std::vector<const YamlNode*> items(const YamlNode& node, std::string message, std::string hint);
  /// The place of a member's text among `words`; none where it lacks or is none of them, which is a fault.
  std::optional<size_t> one_of(const YamlNode& in, std::string_view key, std::span<const std::string_view> words);
  void age(const YamlNode& in, std::string_view key, std::optional<std::int64_t>& out);
  void time(const YamlNode& in, std::string_view key, std::optional<Time>& out);
};

/// The error of a text with faults.
std::unexpected<Error> has_faults(std::string_view what, std::vector<Fault> faults);

}  // namespace ashlar::policy
