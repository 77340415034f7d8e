#pragma once
// Reads the sections `findings`, `content` and `proofs` of a policy. What a section does not say stays as it is in `out`.
#include <set>

#include "policy/inner/section.h"
#include "policy/limits.h"

namespace ashlar::policy {

class LimitsSection : public Section {
 public:
  using Section::Section;
  void read_findings(const YamlNode& node, FindingRules& out);
  void read_content(const YamlNode& node, ContentRules& out);
  void read_proofs(const YamlNode& node, std::vector<ProofRule>& out);

 private:
  void read_finding(const YamlNode& node, FindingRules& out);
  void read_when(const YamlNode& node, FindingRule& out);
  void read_at_most(const YamlNode& node, FindingRule& out);

  std::set<std::string> names_;  ///< of the rules on findings so far
};

}  // namespace ashlar::policy
