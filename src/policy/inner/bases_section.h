#pragma once
// Reads the section `bases` of a policy.
#include <set>

#include "policy/bases.h"
#include "policy/inner/section.h"

namespace ashlar::policy {

class BasesSection : public Section {
 public:
  using Section::Section;
  /// What the section does not say stays as it is in `out`. `verify`: names of the rules of the policy's section `verify`; null: it has none.
  void read(const YamlNode& node, const std::vector<std::string>* verify, BaseRules& out);

 private:
  void read_rule(const YamlNode& node, const std::vector<std::string>* verify, BaseRules& out);
  void read_names(const YamlNode& node, BaseRule& out);
  void read_signed(const YamlNode& node, const std::vector<std::string>* verify, BaseRule& out);

  std::set<std::string> names_;  ///< of the rules so far
};

/// What is wrong with the glob of a repository, or nothing.
std::string_view fault_of_images(std::string_view pattern);

}  // namespace ashlar::policy
