#pragma once
// What reading a part of a YAML file takes, whatever the file is for: its faults, each with its place.
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml.h"

namespace ashlar {

/// A base of readers. What is wrong is added to `faults`, and reading goes on, so that one run says everything; after a hundred it says that there are more.
class YamlSection {
 public:
  /// `document`: borrowed.
  explicit YamlSection(const YamlDocument& document) : document_(document) {}
  std::vector<Fault> faults;

 protected:
  void fault(const YamlNode& node, std::string message, std::string hint = {});
  bool mapping(const YamlNode& node);
  /// Whether it is a mapping; each of its keys that is none of `names` is a fault that says which was probably meant, or which there are.
  bool known(const YamlNode& node, std::span<const std::string_view> names);
  /// Sets `out` to what `in` says of a key; where it says nothing, it stays.
  void flag(const YamlNode& in, std::string_view key, bool& out);

 private:
  const YamlDocument& document_;
};

}  // namespace ashlar
