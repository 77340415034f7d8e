#pragma once
// Reads the section `verify` of a policy.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/yaml_section.h"
#include "policy/verify.h"

namespace ashlar::policy {

class VerifySection : public YamlSection {
 public:
  using YamlSection::YamlSection;
  void read(const YamlNode& node, VerifyRules& out);

 private:
  std::string text(const YamlNode& in, std::string_view key);
  /// One text, or a list of them; `example` is the hint of a fault.
  std::vector<const YamlNode*> one_or_more(const YamlNode& node, const char* example);
  void read_rule(const YamlNode& node, VerifyRules& out);
  void read_images(const YamlNode& node, const VerifyRules& before, VerifyRule& out);
  void read_signers(const YamlNode& node, std::vector<Signer>& out);
  void read_signer(const YamlNode& node, std::vector<Signer>& out);
  void read_identity(const YamlNode& node, std::vector<Signer>& out);
  void read_least(const YamlNode& node, VerifyRule& out);
  void read_statement(const YamlNode& node, VerifyRule& out);
  void read_age(const YamlNode& in, std::optional<std::int64_t>& out);
};

}  // namespace ashlar::policy
