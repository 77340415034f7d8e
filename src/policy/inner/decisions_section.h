#pragma once
// Reads the section `decisions` of a policy (docs/formats/policy-decisions.md).
#include "base/yaml_section.h"
#include "scan/backing.h"

namespace ashlar::policy {

class DecisionsSection : public YamlSection {
 public:
  using YamlSection::YamlSection;
  void read(const YamlNode& node, scan::DecisionRules& out);

 private:
  enum class Of : unsigned char { Exceptions, Assessments };
  void read_rules(const YamlNode& node, Of of, std::vector<scan::DecisionRule>& out);
  void read_rule(const YamlNode& node, Of of, std::vector<scan::DecisionRule>& out);
  void read_people(const YamlNode& node, scan::DecisionRules& out);
  /// A list of names, at least one.
  std::vector<const YamlNode*> names(const YamlNode& node, const char* example);
};

}  // namespace ashlar::policy
